"""What the choice of hypervisor means, and what becomes of foreign architectures."""

from __future__ import annotations

import numpy as np
import streamlit as st

import calc
from app_pages.current import current_answer
from calc import hypervisors, reference
from calc.foreign import architectures, foreign_options
from calc.language import say
from calc.platforms import cautions, compare_hypervisors, numa_flags
from calc.report.words import amount


def main() -> None:
    st.title("What does the platform change?")
    answer = current_answer()
    if answer is None:
        return
    kind = hypervisors.get(answer.scenario.hypervisor)
    st.markdown(f"This plan runs on **{kind.name}** (type {kind.type}).")
    for text in cautions(answer.scenario):
        st.warning(text)
    compare(answer)
    foreign(answer)
    flags = numa_flags(answer)
    st.subheader("Wider than a NUMA node")
    if len(flags):
        st.dataframe(
            flags.round(0).rename(
                columns={
                    "workload": "Workload",
                    "host": "Host",
                    "host_type": "Model",
                    "vcpus": "vCPUs",
                    "node_cores": "Cores of a node",
                    "memory_gib": "Memory (GiB)",
                    "node_memory_gib": "Memory of a node (GiB)",
                }
            ),
            hide_index=True,
        )
        st.caption("These reach over to the memory of another socket: make them smaller, or expect them to be slower.")
    else:
        st.caption("Every placed workload fits into one socket of its host.")


def compare(answer: calc.Assessment) -> None:
    """The same estate on every hypervisor."""
    st.subheader("The same estate on other hypervisors")
    shelf = st.session_state.setdefault("hypervisor_comparisons", {})
    same = st.toggle(
        "Only workloads that all of them can run",
        value=True,
        key="same_workloads",
        help="Some cannot hold the largest guests: what they leave behind makes them look cheaper than they are.",
    )
    key = f"{st.session_state['current_job']}-{same}"
    if key not in shelf and st.button("Work out a plan on each", type="primary", key="work_hypervisors"):
        with st.spinner("A plan on each hypervisor is worked out …"):
            shelf[key] = compare_hypervisors(
                answer.inventory, answer.scenario.varied(effort="quick"), same_workloads=same
            )[0]
    if key in shelf:
        table = shelf[key]
        currency = answer.scenario.currency
        money = (
            f"Licences ({currency})",
            f"Cost over {answer.scenario.horizon_years} years ({currency})",
            "More than the first",
        )
        yes = {True: "yes", False: "no"}
        bare, hosted = (table[table["type"] == kind].iloc[0] for kind in (1, 2))
        if same:
            more = amount(abs(hosted["tco_target"] - bare["tco_target"]), currency)
            st.markdown(
                f"**Type 2 against type 1**: {hosted['name']} needs {hosted['hosts']} hosts, {bare['name']} {bare['hosts']}; over "
                f"{answer.scenario.horizon_years} years it costs {more} "
                f"{'more' if hosted['tco_target'] >= bare['tco_target'] else 'less'}."
            )
        st.dataframe(
            table.assign(
                live_migration=table["live_migration"].map(yes),
                high_availability=table["high_availability"].map(yes),
                **{name: table[name].round() for name in ("licences", "tco_target", "extra_tco")},
            )
            .drop(columns="id")
            .rename(
                columns={
                    "name": "Hypervisor",
                    "type": "Type",
                    "hosts": "Hosts",
                    "at_least": "At least",
                    "staying": "Cannot move",
                    "licences": money[0],
                    "tco_target": money[1],
                    "extra_tco": money[2],
                    "live_migration": "Live migration",
                    "high_availability": "Restarts by itself",
                    "cautions": "Caution",
                }
            ),
            hide_index=True,
            column_config={name: st.column_config.NumberColumn(format="localized") for name in money},
        )
        st.caption(
            "Type 1 runs on the hardware, type 2 on a host operating system. Host models are chosen anew for each; allow a single "
            "model on the first page to compare hosts one for one. Guest licences are not in these figures."
        )
    with st.expander("Overheads, limits and abilities, with their sources"):
        st.dataframe(reference.table("hypervisors").astype(str), hide_index=True)


def foreign(answer: calc.Assessment) -> None:
    """Stay, emulate or re-platform."""
    table = foreign_options(answer)
    table.insert(2, "recommended", table.pop("recommended"))
    st.subheader("Foreign architectures")
    kinds = architectures(answer)
    if len(kinds) > 1:
        heads = (say("Architecture"), say("Workloads"), say("Placed"), say("What becomes of it"))
        st.dataframe(kinds.set_axis(list(heads), axis=1), hide_index=True)
    if not len(table):
        st.caption("Every workload has the architecture of the hosts.")
        return
    st.markdown(
        f"{len(table)} servers cannot be virtualised on these hosts. They **stay** in the plan; this is what each way would cost "
        f"over {answer.scenario.horizon_years} years, as present value in {answer.scenario.currency}."
    )
    money = ("Stay", "Emulate, integer work", "Emulate, floating point", "Re-platform")
    st.dataframe(
        table.replace(np.inf, np.nan)
        .round(dict.fromkeys(("stay", "emulate_integer", "emulate_floating", "replatform"), 0))
        .rename(
            columns={
                "server": "Server",
                "architecture": "Architecture",
                "workloads": "Workloads",
                "utilisation": "Planned CPU",
                "integer_factor": "Factor, integer",
                "floating_factor": "Factor, floating point",
                "stay": money[0],
                "emulate_integer": money[1],
                "emulate_floating": money[2],
                "replatform": money[3],
                "recommended": "Cheapest",
                "caution": "Caution",
            }
        ),
        hide_index=True,
        column_config={
            "Planned CPU": st.column_config.NumberColumn(format="percent"),
            **{name: st.column_config.NumberColumn(format="localized") for name in money},
        },
    )
    st.caption(
        "An empty cell: not possible, or larger than any allowed host. The factor is host instructions for each guest instruction."
    )


main()
