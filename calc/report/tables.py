"""Tables and the summary of an assessment, as they are shown and written out."""

from __future__ import annotations

from typing import Any

import pandas as pd

from calc import assumptions, hypervisors
from calc.assessment import Assessment
from calc.costs.rates import electricity_price, hypervisor_price
from calc.language import foreign, stored, using
from calc.report.proof_words import search_paths
from calc.report.words import headline
from calc.scenario import Scenario

_ASSUMPTION_COLUMNS = ("name", "value", "unit", "low", "high", "source", "as_of", "origin")


def workloads_table(a: Assessment) -> pd.DataFrame:
    """workload, server, pool, then ``<dimension>_demand`` for every packed dimension.

    Anti-affinity is a dimension too: members of a group have demand 1, hosts capacity for as many as may share one.
    """
    table = a.demand.table[["workload", "server", "pool"]].copy()
    for k, name in enumerate(a.demand.dimensions):
        table[f"{name}_demand"] = a.demand.amounts[:, k]
    for label, members in a.demand.groups.items():
        table[f"group:{label}_demand"] = 0
        table.iloc[members, table.columns.get_loc(f"group:{label}_demand")] = 1
    return table


def hosts_table(a: Assessment) -> pd.DataFrame:
    """host, host_type, pool, then capacity and use of every packed dimension."""
    table = a.hosts.drop(columns="workloads")
    home = a.placement.set_index("workload")["host"]
    names = a.demand.table["workload"].to_numpy()
    for label, members in a.demand.groups.items():
        placed = pd.Series([home.get(name) for name in names[members]]).value_counts()
        most = a.demand.group_limits.get(label, 1)
        table[f"group:{label}_capacity"] = most
        table[f"group:{label}_capacity_failover"] = most
        table[f"group:{label}_used"] = table["host"].map(placed).fillna(0).astype(int)
    return table


def assumptions_table(a: Assessment) -> pd.DataFrame:
    """Every figure the answer rests on beside the inventory: value, range, source, date, origin.

    ``origin`` is ``user`` (set in the scenario), ``reference`` (a sourced default) or
    ``assumed`` (a default that stood in for a missing reading; ``value`` says what was used,
    ``unit`` for how many).
    """
    rows: list[dict[str, Any]] = []
    for name, field in Scenario.model_fields.items():
        value = getattr(a.scenario, name)
        default = field.get_default(call_default_factory=True)
        row = assumptions.defaults().get(name)
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        if row is None:
            rows.append(
                {
                    "name": name,
                    "value": _plain(value),
                    "unit": extra.get("unit", ""),
                    "low": "",
                    "high": "",
                    "source": stored("a choice of the scenario"),
                    "as_of": "",
                    "origin": "reference" if value == default else "user",
                }
            )
            continue
        factor = a.scenario.rate(row.currency) if row.currency else 1.0
        shown = a.scenario.money(name) if row.currency else value
        unit = f"{a.scenario.currency} {row.unit}" if row.currency else row.unit
        rows.append(
            {
                "name": name,
                "value": shown,
                "unit": unit,
                "low": row.low * factor,
                "high": row.high * factor,
                "source": row.source,
                "as_of": row.as_of,
                "origin": "reference" if value == default else "user",
            }
        )
    rows += _looked_up(a)
    for item in a.assumed:
        rows.append(
            {
                "name": stored("assumed: {field}", field=item.field),
                "value": item.value,
                "unit": stored("for {count}", count=item.count),
                "low": "",
                "high": "",
                "source": item.source,
                "as_of": "",
                "origin": "assumed",
            }
        )
    return pd.DataFrame(rows, columns=list(_ASSUMPTION_COLUMNS))


def _looked_up(a: Assessment) -> list[dict[str, Any]]:
    """Rows for what the scenario only names: tariff, hypervisor, host models, exchange rate."""
    currency = a.scenario.currency
    price = electricity_price(a.scenario)
    hypervisor = hypervisors.get(a.scenario.hypervisor)
    own = "user" if a.scenario.electricity_per_kwh is not None else "reference"

    def row(
        name: str,
        value: Any,
        unit: str,
        source: str,
        as_of: str,
        low: Any = "",
        high: Any = "",
        origin: str = "reference",
    ) -> dict[str, Any]:
        return {
            "name": name,
            "value": value,
            "unit": unit,
            "low": low,
            "high": high,
            "source": source,
            "as_of": as_of,
            "origin": origin,
        }

    rate = a.scenario.rate(hypervisor.currency)
    rows = [
        row(
            stored("electricity price used"),
            price.per_kwh,
            f"{currency}/kWh",
            f"{price.region}: {price.source}",
            price.as_of,
            origin=own,
        ),
        row(
            stored("{id}: CPU overhead", id=hypervisor.id),
            hypervisor.cpu_overhead,
            "fraction",
            hypervisor.source,
            hypervisor.as_of,
            hypervisor.cpu_overhead_low,
            hypervisor.cpu_overhead_high,
        ),
        row(
            stored("{id}: memory overhead", id=hypervisor.id),
            hypervisor.memory_overhead,
            "fraction",
            hypervisor.source,
            hypervisor.as_of,
        ),
        row(
            stored("{id}: licence", id=hypervisor.id),
            hypervisor_price(a.scenario),
            stored(
                "{currency} per {licence_basis} ({licence_term})",
                currency=currency,
                licence_basis=foreign(hypervisor.licence_basis),
                licence_term=foreign(hypervisor.licence_term),
            ),
            hypervisor.licence_source if a.scenario.hypervisor_price is None else stored("the scenario"),
            hypervisor.as_of,
            hypervisor.licence_price_low * rate,
            hypervisor.licence_price_high * rate,
        ),
    ]
    for code in ("EUR", "USD"):
        if code != currency:
            rows.append(
                row(
                    stored("exchange rate: 1 {code}", code=code),
                    a.scenario.rate(code),
                    currency,
                    "data/reference/fx.csv (ECB, average of 2024)"
                    if a.scenario.usd_per_unit is None
                    else stored("the scenario"),
                    "2024-12-31" if a.scenario.usd_per_unit is None else "",
                    origin="reference" if a.scenario.usd_per_unit is None else "user",
                )
            )
    used = {pool.types[kind].id: pool.types[kind] for pool in a.pools for kind in pool.plan.host_types}
    for host in used.values():
        origin = "user" if host.role == "user" else "reference"
        for name, value, unit in (
            ("price", host.price, currency),
            (stored("score per core"), host.score_per_core, "SPECrate2017_int_base"),
            (stored("idle power"), host.idle_w, "W"),
            (stored("full power"), host.full_w, "W"),
        ):
            if name == "price":
                own = "user" if host.id in a.scenario.host_prices else origin
                source = stored("the scenario") if own == "user" else "data/reference/host_types.csv, price_source"
                rows.append(row(stored("{id}: price", id=host.id), value, unit, source, host.as_of, origin=own))
            else:
                rows.append(
                    row(
                        stored("{id}: {name}", id=host.id, name=name),
                        value,
                        unit,
                        host.source,
                        host.as_of,
                        origin=origin,
                    )
                )
    return rows


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return ", ".join(f"{key} = {item:g}" for key, item in value.items())
    if isinstance(value, tuple):
        return ", ".join(str(getattr(item, "id", item)) for item in value)
    return "" if value is None else value


def assumed_table(a: Assessment) -> pd.DataFrame:
    """What was assumed, for how many servers or workloads, and why."""
    return pd.DataFrame(
        [{"input": item.field, "count": item.count, "used": item.value, "source": item.source} for item in a.assumed],
        columns=["input", "count", "used", "source"],
    )


def waterfall_table(a: Assessment) -> pd.DataFrame:
    """The chain from measured CPU to planned CPU: each factor once, in compute units.

    The first row is what the readings sum to; each next row adds one factor; the last is what
    the hosts hold under the normal ceiling.
    """
    table = a.demand.table
    placed = table["stay_reason"] == ""
    t = table[placed]
    reading = t["utilisation"] * t["cores"] * t["score_per_core"]
    chain = [("readings", reading), (stored("statistic (peak factor on averages)"), reading * t["statistic_factor"])]
    chain.append(("growth", chain[-1][1] * t["growth"]))
    chain.append((stored("hypervisor overhead"), chain[-1][1] * t["overhead"]))
    rows = [{"step": name, "compute_units": float(values.sum())} for name, values in chain]
    rows += [
        {
            "step": stored("the same, low (range of CPU scores)"),
            "compute_units": float(t["cpu_units_low"].sum()),
        },
        {
            "step": stored("the same, high (range of CPU scores; CPU % is not linear under SMT)"),
            "compute_units": float(t["cpu_units_high"].sum()),
        },
    ]
    first = next(name for name in a.demand.dimensions if name.split("@")[0] == "cpu")  # each slot offers the same
    cpu = a.hosts[f"{first}_capacity"].sum() / 1000 if len(a.hosts) else 0.0
    raw = sum(
        pool.types[kind].cores * pool.types[kind].score_per_core for pool in a.pools for kind in pool.plan.host_types
    )
    return pd.DataFrame(
        [
            *rows,
            {"step": stored("hosts: capacity under the ceiling"), "compute_units": float(cpu)},
            {"step": stored("hosts: raw capacity"), "compute_units": float(raw)},
        ]
    )


def summary(a: Assessment) -> dict[str, Any]:
    """The figures of the answer; key names are stable (docs/bundle.md)."""
    from calc import __version__

    with using("en"):  # the file is English whoever asks for it
        in_english = headline(a)
    return {
        "servers_before": a.before.servers,
        "servers_retained": a.servers_retained,
        "servers_after": a.after.servers,
        "hosts_after": a.hosts_after,
        "workloads": len(a.demand.table),
        "placed": len(a.placement),
        "unplaced": len(a.unplaced),
        "left_out": len(a.estate.left_out),
        "objective": a.objective,
        "lower_bound": a.lower_bound,
        "bound_name": a.bound_name,
        "gap": a.gap,
        "is_optimal": a.is_optimal,
        "hosts_lower_bound": a.hosts_lower_bound,
        "termination": sorted({pool.plan.normal.termination.name for pool in a.pools}),
        "search_path": [path.name for path in search_paths(a)],
        "reproducible": a.reproducible,
        "failover_hosts": a.scenario.failover_hosts,
        "survives_failures": a.survives,
        "tco_baseline": round(a.comparison.tco_baseline, 2),
        "tco_target": round(a.comparison.tco_target, 2),
        "savings": round(a.comparison.savings, 2),
        "npv": round(a.comparison.npv, 2),
        "payback_months": None if a.comparison.payback_months is None else round(a.comparison.payback_months, 2),
        "roi": None if a.comparison.roi is None else round(a.comparison.roi, 4),
        "irr": [round(rate, 6) for rate in a.comparison.irr],
        "discounted_payback_months": None
        if a.comparison.discounted_payback_months is None
        else round(a.comparison.discounted_payback_months, 2),
        "cost_per_workload_month": None
        if a.comparison.cost_per_workload_month is None
        else round(a.comparison.cost_per_workload_month, 2),
        "currency": a.scenario.currency,
        "horizon_years": a.scenario.horizon_years,
        "cores_before": a.before.cores,
        "cores_after": a.after.cores,
        "rack_units_before": round(a.before.rack_units, 3),
        "rack_units_after": round(a.after.rack_units, 3),
        "power_kw_before": round(a.before.power_kw, 3),
        "power_kw_after": round(a.after.power_kw, 3),
        "energy_kwh_per_year_before": round(a.before.energy_kwh_per_year, 1),
        "energy_kwh_per_year_after": round(a.after.energy_kwh_per_year, 1),
        "assumed_inputs": a.assumed_count,
        "assumed_by_field": {item.field: item.count for item in a.assumed},
        "cpu_sum_of_peaks": a.demand.peaks()[0],
        "cpu_peak_of_sums": a.demand.peaks()[1],
        "rows_set_aside": len(a.inventory.errors),
        "join_rate": None if a.inventory.join is None else round(a.inventory.join.rate, 4),
        "seed": a.scenario.seed,
        "inputs": {source.name: source.sha256 for source in a.inventory.sources},
        "version": __version__,
        "headline": in_english,
    }
