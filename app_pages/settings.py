"""Widgets for scenario settings, made from the scenario's own declaration.

A value lives in the session under ``set_<name>``, as the widget shows it: percent for fractions, None for "the reference".
"""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import streamlit as st

from calc import Scenario, ScenarioError, assumptions, hypervisors, reference
from calc.language import local, say
from calc.report.choices import label, named
from calc.report.figures import read_as

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
#: Settings with a table of their own in the sidebar, or without a widget.
APART = ("host_types", "host_prices", "own_lines", "custom_host_types", "move")


def groups() -> dict[str, str]:
    """Groups of settings and their headings."""
    return {
        "plan": say("Hosts and headroom"),
        "demand": say("Demand"),
        "money": say("Money and energy"),
        "oneoff": say("Moving and exit"),
        "licences": say("Licences: what is owned"),
        "labour": say("Labour, shown apart"),
        "cloud": say("Cloud alternative"),
        "carbon": say("Carbon"),
        "search": say("Search"),
    }


def _options(name: str) -> dict[str, str] | None:
    if name == "hypervisor":
        return {key: named(key) for key in hypervisors.ids()}
    if name == "currency":
        return {code: code for code in reference.table("fx")["currency"]}
    if name == "electricity_region":
        return {region: region for region in reference.table("electricity")["region"]}
    if name == "carbon_country":
        return {country: country for country in reference.table("carbon")["country"]}
    if name == "cloud_region":
        return {region: region for region in sorted(set(reference.table("cloud_instances")["region"]))}
    return None


def _help(name: str, description: str | None) -> str:
    row = assumptions.defaults().get(name)
    text = local(description or "")
    if row is None:
        return text
    factor, unit = read_as(row.unit)
    return "\n\n".join(
        (
            text,
            say(
                "Default {value:g} {unit} (range {low:g}–{high:g}). Source: {source}, {as_of}.",
                value=round(row.value * factor, 6),
                unit=f"{row.currency} {unit}" if row.currency else unit,
                low=round(row.low * factor, 6),
                high=round(row.high * factor, 6),
                source=row.source.replace("$", "\\$"),
                as_of=row.as_of,
            ),
        )
    )


def is_percent(name: str) -> bool:
    """Whether the widget of a setting shows percent where the scenario holds a fraction."""
    field = Scenario.model_fields[name]
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    return field.annotation is float and not extra.get("money") and str(extra.get("unit", "")).startswith("fraction")


def shown_value(name: str, value: Any) -> Any:
    """A value of the scenario as its widget holds it."""
    if value is None:
        return None
    if is_percent(name):
        return float(round(value * 100, 6))
    return list(value) if isinstance(value, tuple) else value


def load(scenario: Scenario) -> None:
    """Put a scenario's settings into the widgets. Only before they are drawn: in a callback, or at the start of a visit."""
    for name, field in Scenario.model_fields.items():
        if name not in APART and isinstance(field.json_schema_extra, dict):
            put(name, getattr(scenario, name))


def put(name: str, value: Any) -> None:
    """Give one setting a value. Only before its widget is drawn."""
    shown, key = shown_value(name, value), f"set_{name}"
    st.session_state.setdefault("first_settings", {})[name] = shown
    if key in st.session_state:
        st.session_state[key] = shown


def held(name: str) -> Any:
    """What the widget of a setting holds, or will hold when it is first drawn in this visit."""
    first = st.session_state.get("first_settings", {})
    usual = first[name] if name in first else shown_value(name, Scenario.model_fields[name].get_default())
    return st.session_state.get(f"set_{name}", usual)


def widget(name: str, currency: str = "USD") -> Any:
    """Draw the widget of one setting and return its value."""
    field = Scenario.model_fields[name]
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    default, text, key = field.get_default(), label(name), f"set_{name}"
    help_ = _help(name, field.description)
    # A browser that misses the first of two quick drawings shows what the widget was given, not what the session holds:
    # so the widget is given the value.
    start = held(name)
    annotation = field.annotation
    options = _options(name)
    if name == "currency":
        return _currency(list(options or ()), start, text, help_, key)
    if options is not None:
        keys = list(options)
        return st.selectbox(
            text, keys, index=keys.index(start), format_func=lambda value: options[value], help=help_, key=key
        )
    if get_origin(annotation) is Literal:
        keys = list(get_args(annotation))
        return st.selectbox(text, keys, index=keys.index(start), format_func=named, help=help_, key=key)
    if get_origin(annotation) is tuple:
        choices = get_args(get_args(annotation)[0])
        empty = say("Choose")
        return tuple(
            st.multiselect(text, choices, default=start, format_func=named, help=help_, key=key, placeholder=empty)
        )
    if annotation is bool:
        return st.toggle(text, value=start, help=help_, key=key)
    low, high = _limits(field)
    unit = local(str(extra.get("unit", "")))
    if extra.get("money") or default is None:
        if extra.get("money"):
            text = f"{text} ({currency}{' ' + unit if unit else ''})"
        if annotation == int | None:
            whole = {"min_value": None if low is None else int(low), "max_value": None if high is None else int(high)}
            return st.number_input(text, **whole, value=start, step=1, placeholder=say("no limit"), help=help_, key=key)
        return st.number_input(
            text,
            min_value=low,
            max_value=high,
            value=start,
            placeholder=_reference(name, currency),
            help=help_,
            key=key,
        )
    if annotation is int:
        return st.number_input(
            f"{text} ({unit})" if extra.get("unit") in ("years", "cores") else text,
            min_value=None if low is None else int(low),
            max_value=None if high is None else int(high),
            value=start,
            step=1,
            help=help_,
            key=key,
        )
    if is_percent(name):
        percent = st.number_input(
            f"{text} (%)",
            min_value=None if low is None else low * 100,
            max_value=None if high is None else high * 100,
            value=start,
            step=1.0,
            format="%g",
            help=help_,
            key=key,
        )
        return round(percent / 100, 6)
    return st.number_input(
        f"{text}{f' ({unit})' if unit and extra['unit'] != 'ratio' else ''}",
        min_value=low,
        max_value=high,
        value=float(start),
        format="%g",
        help=help_,
        key=key,
    )


def _currency(known: list[str], start: str, text: str, help_: str, key: str) -> str:
    """Three letters: those of the table need nothing more, others their rate."""
    typed = st.text_input(
        text, value=start, max_chars=3, help=f"{help_} {say('Known: {names}.', names=', '.join(known))}", key=key
    )
    return str(typed or "USD").strip().upper()


def _reference(name: str, currency: str) -> str:
    row = assumptions.defaults().get(name)
    if row is None:
        if name in ("usd_per_unit", "electricity_per_kwh", "hypervisor_price", "carbon_kg_per_kwh"):
            return say("the table's")
        return say("estimated") if name == "parallel_months" else say("not stated")
    try:
        rate = Scenario(currency=currency, usd_per_unit=held("usd_per_unit")).rate(row.currency)
    except ScenarioError:  # a currency whose rate is still to be stated
        return say("{value:.4g} {currency} (reference)", value=row.value, currency=row.currency)
    return say("{value:.4g} (reference)", value=row.value * rate)


def _limits(field: Any) -> tuple[float | None, float | None]:
    low = high = None
    for item in field.metadata:
        low = getattr(item, "ge", getattr(item, "gt", low))
        high = getattr(item, "le", getattr(item, "lt", high))
    return (None if low is None else float(low)), (None if high is None else float(high))
