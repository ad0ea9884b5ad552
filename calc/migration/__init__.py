"""In which order to move, and when: waves, dates, what they free and what they cost."""

from calc.migration.groups import Group
from calc.migration.money import DatedMoney, dated_money
from calc.migration.plan import MigrationPlan, plan_migration
from calc.migration.rules import MigrationRules
from calc.migration.waves import Wave

__all__ = ["DatedMoney", "Group", "MigrationPlan", "MigrationRules", "Wave", "dated_money", "plan_migration"]
