"""Widgets for scenario settings, made from the scenario's own declaration."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import streamlit as st

from calc import Scenario, ScenarioError, assumptions, reference

#: What stands in the sidebar at once; the rest is one click away.
MAIN = (
    "hypervisor",
    "host_policy",
    "failover_hosts",
    "pool_by",
    "cpu_ceiling",
    "cpu_growth_per_year",
    "horizon_years",
    "currency",
    "electricity_region",
    "facility_mode",
)
_GROUPS = {
    "plan": "Hosts and headroom",
    "demand": "Demand",
    "money": "Money and energy",
    "oneoff": "Moving and exit",
    "licences": "Licences: what is owned",
    "labour": "Labour, shown apart",
    "cloud": "Cloud alternative",
    "carbon": "Carbon",
    "search": "Search",
}
_CHOICES = {
    "one_model": "One model per pool",
    "mixed": "Mix of models, least cost",
    "own": "Own data centre",
    "colocation_metered": "Colocation, metered",
    "colocation_all_in": "Colocation, all-in price per kW",
    "leave_out": "Leave out of both sides",
    "assume_server": "Assume a server for them",
    "quick": "Quick",
    "standard": "Standard",
    "deep": "Deep",
    "right_sized": "Right-sized",
    "as_installed": "One for each core",
    "p95": "95th percentile",
    "peak": "Peak",
    "site": "Site",
    "zone": "Zone / cluster",
    "environment": "Environment",
    "owner": "Owner",
    "licence": "Licence carried",
    "shared": "Shared",
    "hyperconverged": "Hyperconverged",
    "not_stated": "Not stated: not counted",
    "none_owned": "None owned: bought",
    "perpetual": "Perpetual licences are owned",
    "enterprise": "Enterprise",
    "premium": "Premium",
    "on_demand": "On demand",
    "one_year": "One year",
    "three_years": "Three years",
}


def _named(value: Any) -> str:
    return _CHOICES.get(str(value), str(value))


def _options(name: str) -> dict[str, str] | None:
    if name == "hypervisor":
        table = reference.table("hypervisors")
        table = table[~table["emulates"].astype(bool)]
        return dict(zip(table["id"], table["name"], strict=True))
    if name == "currency":
        return {code: code for code in reference.table("fx")["currency"]}
    if name == "electricity_region":
        return {region: region for region in reference.table("electricity")["region"]}
    if name == "carbon_country":
        return {country: country for country in reference.table("carbon")["country"]}
    if name == "cloud_region":
        return {region: region for region in sorted(set(reference.table("cloud_instances")["region"]))}
    return None


def _help(name: str, description: str | None, currency: str) -> str:
    row = assumptions.defaults().get(name)
    if row is None:
        return description or ""
    source = row.source.replace("$", "\\$")
    return f"{description or ''}\n\nDefault {row.value:g} {row.unit} (range {row.low:g}–{row.high:g}). Source: {source}, {row.as_of}."


def widget(name: str, currency: str = "USD") -> Any:
    """Draw the widget of one setting and return its value."""
    field = Scenario.model_fields[name]
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    default, label, help_, key = (
        field.get_default(),
        field.title or name,
        _help(name, field.description, currency),
        f"set_{name}",
    )
    annotation = field.annotation
    options = _options(name)
    if name == "currency":
        return _currency(list(options or ()), default, label, help_, key)
    if options is not None:
        keys = list(options)
        return st.selectbox(
            label, keys, index=keys.index(default), format_func=lambda value: options[value], help=help_, key=key
        )
    if get_origin(annotation) is Literal:
        keys = list(get_args(annotation))
        return st.selectbox(label, keys, index=keys.index(default), format_func=_named, help=help_, key=key)
    if get_origin(annotation) is tuple:
        choices = get_args(get_args(annotation)[0])
        return tuple(st.multiselect(label, choices, default=list(default), format_func=_named, help=help_, key=key))
    if annotation is bool:
        return st.toggle(label, value=bool(default), help=help_, key=key)
    low, high = _limits(field)
    unit = str(extra.get("unit", ""))
    if extra.get("money") or default is None:
        reference_value = _reference(name, currency)
        shown = f"{label} ({currency}{' ' + unit if unit else ''})" if extra.get("money") else label
        return st.number_input(
            shown,
            min_value=low,
            max_value=high,
            value=None,
            format="%g",
            placeholder=reference_value,
            help=help_,
            key=key,
        )
    if annotation == int | None:
        return st.number_input(
            label,
            min_value=None if low is None else int(low),
            max_value=None if high is None else int(high),
            value=None,
            step=1,
            placeholder="no limit",
            help=help_,
            key=key,
        )
    if annotation == float | None:
        return st.number_input(
            label, min_value=low, max_value=high, value=None, step=0.5, placeholder="estimated", help=help_, key=key
        )
    if annotation is int:
        return st.number_input(
            f"{label} ({unit})" if unit in ("years", "cores") else label,
            min_value=None if low is None else int(low),
            max_value=None if high is None else int(high),
            value=int(default),
            step=1,
            help=help_,
            key=key,
        )
    if unit.startswith("fraction"):
        percent = st.number_input(
            f"{label} (%)",
            min_value=None if low is None else low * 100,
            max_value=None if high is None else high * 100,
            value=float(default) * 100,
            step=1.0,
            format="%g",
            help=help_,
            key=key,
        )
        return round(percent / 100, 6)
    return st.number_input(
        f"{label}{f' ({unit})' if unit and unit != 'ratio' else ''}",
        min_value=low,
        max_value=high,
        value=float(default),
        format="%g",
        help=help_,
        key=key,
    )


def _currency(known: list[str], default: str, label: str, help_: str, key: str) -> str:
    """Three letters: those of the table need nothing more, others their rate."""
    typed = st.text_input(label, value=default, max_chars=3, help=f"{help_} Known: {', '.join(known)}.", key=key)
    return str(typed or default).strip().upper()


def _reference(name: str, currency: str) -> str:
    row = assumptions.defaults().get(name)
    if row is None:
        return (
            "the table's"
            if name in ("usd_per_unit", "electricity_per_kwh", "hypervisor_price", "carbon_kg_per_kwh")
            else "not stated"
        )
    try:
        rate = Scenario(currency=currency, usd_per_unit=st.session_state.get("set_usd_per_unit")).rate(row.currency)
    except ScenarioError:  # a currency whose rate is still to be stated
        return f"{row.value:.4g} {row.currency} (reference)"
    return f"{row.value * rate:.4g} (reference)"


def _limits(field: Any) -> tuple[float | None, float | None]:
    low = high = None
    for item in field.metadata:
        low = getattr(item, "ge", getattr(item, "gt", low))
        high = getattr(item, "le", getattr(item, "lt", high))
    return (None if low is None else float(low)), (None if high is None else float(high))


def sidebar(extra: tuple[str, ...] = ()) -> dict[str, Any]:
    """Draw the sidebar; returns the chosen settings.

    Parameters
    ----------
    extra : tuple of str
        Settings that this estate makes important.
    """
    chosen: dict[str, Any] = {}
    with st.sidebar:
        st.subheader("Assumptions")
        currency = st.session_state.get("set_currency", "USD")
        shown = (*MAIN, *extra)
        for name in shown:
            chosen[name] = widget(name, currency)
        for group, title in _GROUPS.items():
            names = [
                name
                for name, field in Scenario.model_fields.items()
                if name not in shown
                and isinstance(field.json_schema_extra, dict)
                and field.json_schema_extra.get("group") == group
                and name != "host_types"
            ]
            with st.expander(title):
                for name in names:
                    chosen[name] = widget(name, currency)
    return chosen
