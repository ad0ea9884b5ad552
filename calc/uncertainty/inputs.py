"""Every uncertain input of an answer with its low, base and high."""

from __future__ import annotations

from dataclasses import dataclass

from calc import assumptions, hypervisors, reference
from calc.assessment import Assessment
from calc.costs.licences import licence, licences
from calc.costs.rates import electricity_price, hypervisor_price, hypervisor_price_level
from calc.language import stored
from calc.scenario import LEVELLED, Scenario

#: Choices of whoever plans, not facts that may turn out otherwise: swung, never drawn.
CHOICES = frozenset(
    {
        "vcpu_per_core",
        "cpu_ceiling",
        "cpu_ceiling_failover",
        "memory_ceiling",
        "host_reserve_cores",
        "host_reserve_memory_gib",
        "host_reserve_memory_fraction",
        "horizon_years",
        "discount_rate",
        "vcpu_utilisation_target",
        "memory_headroom_factor",
        "storage_protection",
        "storage_slack",
    }
)
#: What is owned or was agreed is asked, never assumed: swung and listed, but not drawn.
ASKED = frozenset(
    {
        "baseline_hypervisor_per_core_per_year",
        "disposal_per_server",
        "resale_fraction",
        "network_port_per_year",
        "san_port_per_year",
        "san_ports_per_server",
    }
)
#: Rows that the model cannot swing by themselves, and why.
NOT_SWUNG = {
    "esu_cores_per_vm": "a counting rule",
    "failover_hosts": "the plan and its proof are for one number of failures",
    "start_year": "a date",
    "server_life_years": "a rule, which also dates (and so powers) servers of unknown age",
    "network_ceiling": "network readings are rare",
    "smt_throughput_gain": "part of the CPU score's range",
    "sockets_default": "decides cores and power of single servers",
    "score_per_core_default": "part of the CPU score's range",
    "threads_per_core_default": "decides prices of single servers",
    "rack_units_default": "decides the space of single servers",
    "idle_cpu_threshold": "decides another baseline",
    "migration_large_disk_gib": "a class limit",
    "hours_per_year": "no range",
    "management_hosts": "an option, not a doubt",
    "dr_fraction": "an option, not a doubt",
    "host_boot_disk_tb": "splits the price of a host, its sum stays",
}
#: Start of the name of an input that is the price of a licence.
LICENCE = "licence:"
_TITLES = {
    "cpu_score": stored("CPU score of today's servers"),
    "cpu_overhead": stored("CPU overhead of the hypervisor"),
    "memory_overhead": stored("Memory overhead of the hypervisor"),
    "hypervisor_price": stored("Hypervisor price"),
}
#: How to replace a guess by a fact.
HOW = {
    "baseline_hypervisor_per_core_per_year": stored("read the subscription in the contract"),
    "cpu_peak_factor": stored("take telemetry: p95 readings replace the factor"),
    "cpu_mean_default": stored("take telemetry on the servers without a reading"),
    "cpu_growth_per_year": stored("compare this year's readings with last year's"),
    "memory_growth_per_year": stored("compare this year's configuration with last year's"),
    "cpu_score": stored("run one benchmark on a typical old server, or state the score per core"),
    "cpu_overhead": stored("pilot one host and compare CPU before and after"),
    "memory_overhead": stored("pilot one host and read the hypervisor's own memory"),
    "host_price_index": stored("ask for quotations and enter them as host prices"),
    "host_memory_price_index": stored("ask for quotations with memory as its own line"),
    "host_price_per_thread": stored("ask for quotations and enter them as host prices"),
    "host_price_per_gib": stored("ask for quotations with memory as its own line"),
    "electricity_per_kwh": stored("read the price from the electricity bill"),
    "pue": stored("divide the facility's meter by the IT meter"),
    "maintenance_fraction": stored("enter the maintenance contracts' amounts in the inventory"),
    "warranty_years": stored("ask for the warranty in the quotation"),
    "hypervisor_price": stored("ask for a quotation"),
    "storage_price_per_gib": stored("ask for a quotation"),
    "disk_used_gib_default": stored("export the disk in use of every server"),
    "migration_workloads_per_month": stored("migrate one wave and count the days"),
    "maintenance_rise_per_year": stored("compare the maintenance contracts of this year and the last"),
    "parallel_overlap_months": stored("ask how long the old server is kept as a fall-back"),
    "disposal_per_server": stored("ask for a quotation"),
    "resale_fraction": stored("ask for a quotation"),
    "migration_hours_simple": stored("migrate ten workloads and count the hours"),
    "migration_hours_medium": stored("migrate three databases and count the hours"),
    "migration_hours_complex": stored("migrate one cluster and count the hours"),
    "migration_hour_price": stored("take your own hourly rate or a partner's offer"),
    "network_port_per_year": stored("divide the switches' yearly cost by their ports"),
    "san_port_per_year": stored("divide the SAN switches' yearly cost by their ports"),
    "network_ports_per_server": stored("count the cables of a typical server"),
    "san_ports_per_server": stored("count the cables of a typical server"),
    "network_fraction": stored("count the ports that are needed and price them"),
    "memory_w_per_gib": stored("measure power at the rack's PDU"),
    "storage_w_per_tb": stored("take the maker's data sheet"),
}


@dataclass(frozen=True, slots=True)
class UncertainInput:
    """One input with its range.

    Attributes
    ----------
    name : str
        A setting, or one of ``cpu_score``, ``cpu_overhead``, ``memory_overhead``.
    low, base, high : float
        In ``unit``; money in the scenario's currency.
    drawn : bool
        Whether a simulation draws it: not what the user stated, not a choice, not what must be asked.
    guess : bool
        Whether a fact could replace it: neither stated by the user nor a choice.
    source, as_of : str
    """

    name: str
    low: float
    base: float
    high: float
    unit: str
    drawn: bool
    guess: bool
    source: str
    as_of: str

    @property
    def title(self) -> str:
        """Its name as people read it."""
        if self.name.startswith(LICENCE):
            return stored("{product}, price", product=licence(self.name.removeprefix(LICENCE)).product)
        if self.name in _TITLES:
            return _TITLES[self.name]
        field = Scenario.model_fields[self.name]
        return field.title or self.name

    @property
    def how_to_measure(self) -> str:
        """How to replace the guess by a fact."""
        if self.name.startswith(LICENCE):
            return stored("read the price in the contract, or ask for a quotation")
        return HOW.get(self.name, stored("state your own figure"))


def uncertain_inputs(a: Assessment) -> tuple[UncertainInput, ...]:
    """Every input with a range, in the order of the settings.

    What the user stated keeps its published range in the tornado, widened to hold the user's
    value, and is not drawn in a simulation.
    """
    scenario = a.scenario
    found = []
    for name, field in Scenario.model_fields.items():
        row = assumptions.defaults().get(name)
        if row is None or name in NOT_SWUNG or row.low == row.high:
            continue
        if name == "disk_used_gib_default" and not any(item.field == "disk in use" for item in a.estate.assumed):
            continue
        year = None if name in LEVELLED else row.price_year
        rate = scenario.rate(row.currency) * scenario.price_level(year) if row.currency else 1.0
        base = scenario.money(name) if row.currency else float(getattr(scenario, name))
        stated = getattr(scenario, name) != field.get_default(call_default_factory=True)
        unit = f"{scenario.currency} {row.unit}" if row.currency else row.unit
        found.append(
            UncertainInput(
                name,
                min(base, row.low * rate),
                base,
                max(base, row.high * rate),
                unit,
                not stated and name not in CHOICES and name not in ASKED,
                not stated and name not in CHOICES,
                row.source,
                row.as_of,
            )
        )
    return (*found, *_from_tables(scenario))


def _from_tables(scenario: Scenario) -> list[UncertainInput]:
    rule = hypervisors.get(scenario.hypervisor)
    row = reference.table("hypervisors").set_index("id").loc[rule.id]
    rate = hypervisor_price_level(scenario)
    tariff = electricity_price(scenario)
    table = reference.table("electricity")
    own = table.loc[table["region"] == scenario.electricity_region, "currency"].iloc[0]
    peers = table.loc[table["currency"] == own, "price_per_kwh"] * scenario.rate(own)
    found = [
        UncertainInput(
            "cpu_score",
            -1.0,
            0.0,
            1.0,
            stored("of its range"),
            True,
            True,
            "data/reference/cpu_scores.csv",
            "2026-03-31",
        ),
        UncertainInput(
            "cpu_overhead",
            rule.cpu_overhead_low,
            rule.cpu_overhead,
            rule.cpu_overhead_high,
            "fraction",
            True,
            True,
            rule.source,
            rule.as_of,
        ),
        UncertainInput(
            "memory_overhead",
            float(row["memory_overhead_low"]),
            rule.memory_overhead,
            float(row["memory_overhead_high"]),
            "fraction",
            True,
            True,
            rule.source,
            rule.as_of,
        ),
        UncertainInput(
            "electricity_per_kwh",
            min(tariff.per_kwh, float(peers.quantile(0.25))),
            tariff.per_kwh,
            max(tariff.per_kwh, float(peers.quantile(0.75))),
            f"{scenario.currency}/kWh",
            scenario.electricity_per_kwh is None,
            scenario.electricity_per_kwh is None,
            stored("{source}; range: quartiles of the table's regions in {own}", source=tariff.source, own=own),
            tariff.as_of,
        ),
    ]
    price = hypervisor_price(scenario)
    if price > 0:
        found.append(
            UncertainInput(
                "hypervisor_price",
                min(price, rule.licence_price_low * rate),
                price,
                max(price, rule.licence_price_high * rate),
                f"{scenario.currency} per {rule.licence_basis}".replace("per none", "per socket"),
                scenario.hypervisor_price is None,
                scenario.hypervisor_price is None,
                rule.licence_source,
                rule.as_of,
            )
        )
    return [item for item in (*found, *_licences(scenario)) if item.low < item.high]


def _licences(scenario: Scenario) -> list[UncertainInput]:
    """Prices of the counted licences, each in its published or judged range."""
    counted = {
        "windows": scenario.windows_licences,
        "sql": scenario.sql_licences,
        "rhel": scenario.rhel_subscription,
        "oracle": scenario.oracle_licences,
    }
    found = []
    for name in licences():
        rule = licence(name)
        if counted[name.split("-")[0]] == "not_stated":
            continue
        base, level, stated = rule.price_in(scenario), rule.level(scenario), name in scenario.licence_prices
        low, high = min(base, rule.price_low * level), max(base, rule.price_high * level)
        unit = f"{scenario.currency} per {rule.unit}"
        found.append(
            UncertainInput(f"{LICENCE}{name}", low, base, high, unit, not stated, not stated, rule.source, rule.as_of)
        )
    return found
