"""The shared sidebar: language and every assumption, to one scenario."""

from __future__ import annotations

import pandas as pd
import streamlit as st

import calc
from app_pages.settings import APART, MAIN, groups, held, load, widget
from app_pages.settings import put as put_setting
from app_pages.tables import kept_editor, put
from calc.catalogue import catalogue
from calc.language import LANGUAGES, language, local, say, use

#: Settings that an estate which is virtualised already makes important.
_VIRTUALISED = ("unmatched_workloads", "baseline_hypervisor_per_core_per_year")
#: Choices on pages whose words are of a language.
_CHOICES = ("sample", "money_view", "headline_explained", "break_even")


def choose_language() -> None:
    """The switch of languages; in use from here on."""
    if "language" not in st.session_state:
        asked = (st.context.locale or "en").split("-")[0]
        st.session_state["language"] = asked if asked in LANGUAGES else "en"
    use(st.session_state["language"])
    with st.sidebar:
        chosen = st.segmented_control(
            "Language · 언어",
            list(LANGUAGES),
            format_func=lambda code: LANGUAGES[code],
            key="language_switch",
            default=language(),
            label_visibility="collapsed",
            required=True,
        )
        if chosen and chosen != language():
            st.session_state["language"] = chosen
            use(chosen)
            _say_choices_anew()
        # Streamlit writes <html lang="en"> and has no option for it; readers' voices follow this attribute.
        st.html(f"<script>document.documentElement.lang = '{language()}'</script>", unsafe_allow_javascript=True)


def _say_choices_anew() -> None:
    """Give every choice its value again: a browser knows choices by their words, and these are now of another language."""
    for key in list(st.session_state):
        if str(key).startswith(("set_", "pool_")) or key in _CHOICES:
            st.session_state[key] = st.session_state[key]


def reset() -> None:
    """Every assumption back to its default."""
    open_scenario(calc.Scenario())


def open_scenario(scenario: calc.Scenario) -> None:
    """Take all assumptions from a scenario. Only in a callback, or before the sidebar is drawn."""
    load(scenario)
    currency = _currency_key(scenario.currency, scenario.usd_per_unit)
    frame = _host_frame(scenario.currency, scenario.usd_per_unit)
    ids = list(frame.index)
    named = set(scenario.host_types)
    frame["use"] = [not named or name in named for name in ids]
    frame["price"] = [scenario.host_prices.get(name, price) for name, price in zip(ids, frame["price"], strict=True)]
    put(f"hosts_{currency}", frame if scenario.host_types or scenario.host_prices else None)
    put("own_lines", _lines_frame(scenario) if scenario.own_lines else None)
    carried = {}
    if scenario.custom_host_types:
        carried["custom_host_types"] = scenario.custom_host_types
    if named - set(ids):
        carried["host_types"] = scenario.host_types
    if scenario.move:
        carried["move"] = scenario.move
    st.session_state["carried"] = carried


def choose_assumptions(inventory: calc.Inventory | None) -> calc.Scenario | None:
    """Draw the assumptions; the scenario, or None after saying what does not go together."""
    chosen: dict[str, object] = {}
    extra = _VIRTUALISED if inventory is not None and inventory.virtualised else ()
    with st.sidebar:
        st.header(say("Assumptions"))
        notice = st.container()
        currency = held("currency")
        shown = (*MAIN, *extra)
        for name in shown:
            chosen[name] = widget(name, currency)
        for group, title in groups().items():
            names = [
                name
                for name, field in calc.Scenario.model_fields.items()
                if name not in (*shown, *APART)
                and isinstance(field.json_schema_extra, dict)
                and field.json_schema_extra.get("group") == group
            ]
            with st.expander(title):
                for name in names:
                    chosen[name] = widget(name, currency)
        chosen |= _host_choice(str(chosen["currency"]), chosen["usd_per_unit"])  # type: ignore[arg-type]
        chosen |= _own_lines(str(chosen["currency"]))
        carried = st.session_state.get("carried", {})
        chosen |= carried
        try:
            scenario = calc.Scenario(**chosen)
        except calc.ScenarioError as error:
            notice.error(say("These assumptions do not go together: {why}", why=local(str(error))))
            return None
        changed = changed_settings(scenario)
        with notice:
            if changed:
                st.button(
                    say("{n} changed: back to the defaults", n=len(changed)),
                    key="reset",
                    on_click=reset,
                    icon=":material/undo:",
                    type="tertiary",
                )
            else:
                st.caption(say("All at their sourced defaults."))
            if carried:
                st.caption(say("Kept from an opened scenario: {names}.", names=", ".join(carried)))
    return scenario


def changed_settings(scenario: calc.Scenario) -> list[str]:
    """Names of settings that are not at their default."""
    usual = calc.Scenario()
    return [name for name in calc.Scenario.model_fields if getattr(scenario, name) != getattr(usual, name)]


def change(**settings: object) -> None:
    """Change some settings from elsewhere. Only in a callback."""
    for name, value in settings.items():
        put_setting(name, value)


def carry(name: str, value: object) -> None:
    """Change a setting that has no widget. Only in a callback."""
    carried = {key: kept for key, kept in st.session_state.get("carried", {}).items() if key != name}
    st.session_state["carried"] = carried | ({name: value} if value else {})


def _currency_key(currency: str, usd_per_unit: float | None) -> str:
    return f"{currency}_{usd_per_unit}"


def _host_frame(currency: str, usd_per_unit: float | None) -> pd.DataFrame:
    entries = [
        host for host in catalogue(calc.Scenario(currency=currency, usd_per_unit=usd_per_unit)) if host.role == "host"
    ]
    return pd.DataFrame(
        {
            "use": True,
            "model": [host.name for host in entries],
            "price": [float(round(host.price)) for host in entries],
            "as_of": [host.as_of for host in entries],
        },
        index=pd.Index([host.id for host in entries]),
    )


def _host_choice(currency: str, usd_per_unit: float | None) -> dict[str, object]:
    """Allowed host models and the user's own prices, from the catalogue table."""
    with st.expander(say("Host models and prices")):
        st.caption(say("Untick what you would not buy. A price of your own beats the reference estimate."))
        try:
            frame = _host_frame(currency, usd_per_unit)
        except calc.ScenarioError:
            return {}  # the scenario as a whole says what is wrong with the currency
        edited = kept_editor(
            f"hosts_{_currency_key(currency, usd_per_unit)}",
            frame,
            hide_index=True,
            disabled=["model", "as_of"],
            column_config={
                "use": st.column_config.CheckboxColumn(say("Use"), width="small"),
                "model": say("Model"),
                "price": st.column_config.NumberColumn(
                    say("Price ({currency})", currency=currency), min_value=0, format="localized"
                ),
                "as_of": say("As of"),
            },
        )
        used = [str(name) for name in frame.index[edited["use"].to_numpy(bool)]]
        prices = {
            str(name): float(new)
            for name, old, new in zip(frame.index, frame["price"], edited["price"], strict=True)
            if pd.notna(new) and new != old
        }
        if not used:
            st.warning(say("No host model is ticked: all are allowed."))
    everything = len(used) in (0, len(frame))
    return {"host_types": () if everything else tuple(used), "host_prices": prices}


def _per() -> dict[str, str]:
    return {
        "case": say("as it stands"),
        "server": say("for each machine"),
        "host": say("for each host"),
        "core": say("for each core"),
        "kw": say("for each kW of IT power"),
    }


def _when() -> dict[str, str]:
    return {"yearly": say("every year"), "once": say("once, now")}


def _side() -> dict[str, str]:
    return {"both": say("both sides"), "baseline": say("keeping"), "target": say("the plan")}


def _lines_frame(scenario: calc.Scenario | None = None) -> pd.DataFrame:
    lines = scenario.own_lines if scenario else ()
    return pd.DataFrame(
        {
            "name": pd.Series([line.name for line in lines], dtype=str),
            "amount": pd.Series([line.amount for line in lines], dtype=float),
            "when": pd.Series([line.when for line in lines], dtype=str),
            "per": pd.Series([line.per for line in lines], dtype=str),
            "side": pd.Series([line.side for line in lines], dtype=str),
        }
    )


def _own_lines(currency: str) -> dict[str, object]:
    """The user's own cost lines, as settings of the scenario; an unfinished row is named and left out."""
    with st.expander(say("Your own cost lines")):
        st.caption(say("What no other setting holds, at today's prices. Yearly amounts rise with inflation."))
        edited = kept_editor(
            "own_lines",
            _lines_frame(),
            num_rows="dynamic",
            hide_index=True,
            column_config={
                "name": st.column_config.TextColumn(say("Line")),
                "amount": st.column_config.NumberColumn(
                    say("Amount ({currency})", currency=currency), format="localized"
                ),
                "when": _choice(say("When"), _when(), "yearly"),
                "per": _choice(say("Amount is"), _per(), "case"),
                "side": _choice(say("Side"), _side(), "both"),
            },
        )
        lines = []
        for row in edited.astype(object).fillna("").itertuples(index=False):
            if not str(row.name).strip() or row.amount == "":
                st.warning(say("A line without a name or an amount is not used."))
                continue
            lines.append(
                {
                    "name": str(row.name),
                    "amount": float(row.amount),
                    "when": row.when or "yearly",
                    "per": row.per or "case",
                    "side": row.side or "both",
                }
            )
    return {"own_lines": tuple(lines)}


def _choice(text: str, options: dict[str, str], default: str) -> object:
    return st.column_config.SelectboxColumn(
        text, options=list(options), default=default, format_func=lambda key: options.get(key, key)
    )
