"""A plan in the making: bound and best closing in, time left, and a stop that keeps the best so far."""

from __future__ import annotations

import streamlit as st

from app_pages.jobs import AT_A_TIME, Job
from app_pages.speaking import as_text, fragment
from calc.language import local, say

_POLL_S = 0.4


@fragment(run_every=_POLL_S)
def show_progress(job: Job) -> None:
    """Bar, live chart and stop button; the page is drawn anew when the plan is there."""
    if job.look():
        st.rerun()
    left = job.left_s
    parts = [say("Working out the plan …"), say("{s:.0f} s", s=job.elapsed_s)]
    if job.stop.is_set():
        parts.append(say("stopping: the best plan so far is checked against failures and priced"))
    elif left is not None:
        parts.append(say("about {s:.0f} s left at this pace", s=left))
    st.progress(min(1.0, max(0.0, job.share)), text=" · ".join(parts))
    words, button = st.columns([4, 2], vertical_alignment="center")
    if not job.share and not job.future.running():
        words.markdown(say("Waiting: this server works out {n:,} plans at a time, and others were first.", n=AT_A_TIME))
    elif job.closing:
        _, label, best, bound = job.closing[-1]
        words.markdown(
            say(
                "{what}: **{best:,}** found, at least **{bound:,}** needed", what=as_text(label), best=best, bound=bound
            )
        )
    else:
        words.markdown(as_text(local(job.message)) or say("Reading demand …"))
    button.button(
        say("Stop and keep the best plan so far"),
        key="stop",
        on_click=job.stop.set,
        disabled=job.stop.is_set(),
        icon=":material/stop_circle:",
        width="stretch",
    )
    if job.closing:
        from calc.report import plan_charts

        st.altair_chart(plan_charts.live_chart(list(job.closing), job.elapsed_s))
