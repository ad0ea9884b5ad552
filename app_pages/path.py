"""The pages, the guided path through them, and the answer in one line above each."""

from __future__ import annotations

from typing import Any

import streamlit as st

import calc
from app_pages import workspace
from app_pages.current import Standing, standing
from app_pages.speaking import fragment
from calc.language import say
from calc.report import counts, words

_POLL_S = 0.4


def pages() -> dict[str, list[Any]]:
    """Every page by its heading in the menu, in the order of the path."""
    return {
        "": [
            st.Page("app_pages/estate.py", title=say("Estate"), icon=":material/table_view:", default=True),
            st.Page("app_pages/answer.py", title=say("Plan"), icon=":material/inventory_2:", url_path="plan"),
            st.Page("app_pages/money.py", title=say("Money"), icon=":material/payments:"),
        ],
        say("Does it hold?"): [
            st.Page("app_pages/recovery.py", title=say("Recovery"), icon=":material/health_and_safety:"),
            st.Page("app_pages/unseen.py", title=say("Unseen days"), icon=":material/query_stats:"),
            st.Page("app_pages/migration.py", title=say("Migration"), icon=":material/move_up:"),
            st.Page("app_pages/platforms.py", title=say("Platform"), icon=":material/memory:"),
        ],
        say("Hand on"): [
            st.Page("app_pages/compare.py", title=say("Compare"), icon=":material/compare:"),
            st.Page("app_pages/report.py", title=say("Report"), icon=":material/description:"),
            st.Page("app_pages/sources.py", title=say("Sources"), icon=":material/menu_book:"),
        ],
    }


def show_path(page: Any, lost: bool) -> None:
    """Back, the answer in one line, next; polls while the plan is worked out."""
    order = [item for group in pages().values() for item in group]
    place = next((index for index, item in enumerate(order) if item.url_path == page.url_path), 0)
    first = st.session_state.setdefault("first_page", page.url_path)
    if lost and (first != page.url_path or "files" in st.session_state):
        workspace.go_on()
    elif lost:
        st.info(
            say(
                "The address names a visit that this server no longer knows: it was restarted, or the visit was long ago. "
                "You start anew; a saved assessment can be opened on the page “Report”."
            )
        )
    now = standing()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="path"):
        if place:
            before = order[place - 1]
            st.page_link(before, label=before.title, icon=":material/arrow_back:")
        with st.container(width="content"):
            if now.is_waiting:
                _waiting(now)
            else:
                st.markdown(one_line(now))
        if place + 1 < len(order):
            after = order[place + 1]
            st.page_link(after, label=after.title, icon=":material/arrow_forward:", icon_position="right")


@fragment(run_every=_POLL_S)
def _waiting(now: Standing) -> None:
    assert now.job is not None
    if now.job.look():
        st.rerun()
    st.markdown(one_line(now))


def one_line(now: Standing) -> str:
    """The answer with its proof and doubt, or where it stands."""
    if now.answer is None:
        if now.problem:
            return f":red[{say('No plan: see the page “Plan” for why.')}]"
        return say("Working out the plan …") if now.job else say("No plan yet")
    a = now.answer
    text = " · ".join((hosts_part(a), words.verdict(a), money_part(a), doubt_part(a)))
    if now.provisional:
        text += f" · :orange[{say('same plan at new prices; packing goes on')}]"
    return text.replace("$", "\\$")


def hosts_part(a: calc.Assessment) -> str:
    """Servers and hosts."""
    servers, hosts = counts.servers(a.before.servers), counts.hosts(a.hosts_after)
    if a.servers_retained:
        return say("**{servers} → {hosts}** + {kept:,} kept", servers=servers, hosts=hosts, kept=a.servers_retained)
    return f"**{servers} → {hosts}**"


def money_part(a: calc.Assessment) -> str:
    """What it saves or costs."""
    money = words.amount(abs(a.comparison.savings), a.scenario.currency)
    years = a.scenario.horizon_years
    if a.comparison.savings >= 0:
        return say("saves **{money}** in {years} years", money=money, years=years)
    return say("costs **{money}** more in {years} years", money=money, years=years)


def doubt_part(a: calc.Assessment) -> str:
    """How much is assumed."""
    return counts.inputs_assumed(a.assumed_count)
