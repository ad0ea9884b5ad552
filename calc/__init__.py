"""The consolidation calculator: physical servers in, a proven and priced host plan out.

Examples
--------
>>> import calc
>>> csv = b"hostname,cores,memory_gib,cpu_mean\\nweb1,8,32,5%\\nweb2,8,32,9%\\n"
>>> calc.assess(calc.read_inventory(csv, name="two.csv")).hosts_after
2
"""

from calc.assessment import Assessment, assess, cashflow_table
from calc.errors import AmbiguousUnitError, CalcError, InputError, InventoryError, ScenarioError
from calc.intake import read_inventories, read_inventory
from calc.inventory import ColumnMapping, Inventory, ReadLimits
from calc.inventory.exporting import anonymise, write_inventory
from calc.planning import Limits
from calc.profiles import Telemetry
from calc.saving import open_assessment, save_assessment
from calc.scenario import Scenario
from calc.telemetry import read_telemetry

__version__ = "0.1.0"

__all__ = [
    "AmbiguousUnitError",
    "Assessment",
    "CalcError",
    "ColumnMapping",
    "InputError",
    "Inventory",
    "InventoryError",
    "Limits",
    "ReadLimits",
    "Scenario",
    "ScenarioError",
    "Telemetry",
    "__version__",
    "anonymise",
    "assess",
    "cashflow_table",
    "open_assessment",
    "read_inventories",
    "read_inventory",
    "read_telemetry",
    "save_assessment",
    "write_inventory",
]
