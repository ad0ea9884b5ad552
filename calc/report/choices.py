"""Settings and their values in words."""

from __future__ import annotations

from typing import Any

from calc import hypervisors
from calc.language import local, say
from calc.scenario import Scenario


def named(value: Any) -> str:
    """A choice in words; a value without a name of its own as it is written."""
    if value in hypervisors.ids():
        return local(hypervisors.get(value).name)
    return {
        "one_model": say("One model per pool"),
        "mixed": say("Mix of models, least cost"),
        "own": say("Own data centre"),
        "colocation_metered": say("Colocation, metered"),
        "colocation_all_in": say("Colocation, all-in price per kW"),
        "leave_out": say("Leave out of both sides"),
        "assume_server": say("Assume a server for them"),
        "quick": say("Quick"),
        "standard": say("Standard"),
        "deep": say("Deep"),
        "right_sized": say("Right-sized"),
        "as_installed": say("One for each core"),
        "p95": say("95th percentile"),
        "peak": say("Peak"),
        "site": say("Site"),
        "zone": say("Zone / cluster"),
        "environment": say("Environment"),
        "owner": say("Owner"),
        "licence": say("Licence carried"),
        "shared": say("Shared"),
        "hyperconverged": say("Hyperconverged"),
        "not_stated": say("Not stated: not counted"),
        "none_owned": say("None owned: bought"),
        "perpetual": say("Perpetual licences are owned"),
        "enterprise": say("Enterprise"),
        "premium": say("Premium"),
        "on_demand": say("On demand"),
        "one_year": say("One year"),
        "three_years": say("Three years"),
        "none": say("No"),
        "day": say("By hour of the day"),
        "week": say("Weekdays and weekends apart"),
    }.get(str(value), str(value))


def label(name: str) -> str:
    """A setting in words."""
    return local(Scenario.model_fields[name].title or name)


def setting_text(value: Any) -> str:
    """The value of a setting in words."""
    if value is None:
        return say("reference")
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, dict):
        return ", ".join(f"{key} = {item:,.0f}" for key, item in value.items()) or say("reference")
    if isinstance(value, tuple):
        return ", ".join(named(getattr(item, "name", item)) for item in value) or say("all")
    return f"{value:g}" if isinstance(value, float) else named(value)
