"""What the choice of hypervisor means, and what becomes of foreign architectures."""

from __future__ import annotations

import numpy as np
import streamlit as st

import calc
from app_pages.current import current_answer
from app_pages.tables import LOCALISED, PERCENT, show_table
from calc import hypervisors, reference
from calc.foreign import architectures, foreign_options
from calc.language import local, say, say_many
from calc.platforms import cautions, compare_hypervisors, numa_flags
from calc.report import counts
from calc.report.figures import number
from calc.report.words import amount


def main() -> None:
    st.title(say("What does the platform change?"))
    answer = current_answer()
    if answer is None:
        return
    kind = hypervisors.get(answer.scenario.hypervisor)
    st.markdown(say("This plan runs on **{name}** (type {type}).", name=kind.name, type=kind.type))
    for text in cautions(answer.scenario):
        st.warning(local(text))
    compare(answer)
    foreign(answer)
    flags = numa_flags(answer)
    st.header(say("Wider than a NUMA node"))
    if len(flags):
        show_table(
            flags.round(0).rename(
                columns={
                    "workload": say("Workload"),
                    "host": say("Host"),
                    "host_type": say("Model"),
                    "vcpus": say("vCPUs"),
                    "node_cores": say("Cores of a node"),
                    "memory_gib": say("Memory (GiB)"),
                    "node_memory_gib": say("Memory of a node (GiB)"),
                }
            )
        )
        st.caption(
            say("These reach over to the memory of another socket: make them smaller, or expect them to be slower.")
        )
    else:
        st.caption(say("Every placed workload fits into one socket of its host."))


def compare(answer: calc.Assessment) -> None:
    """The same estate on every hypervisor."""
    st.header(say("The same estate on other hypervisors"))
    shelf = st.session_state.setdefault("hypervisor_comparisons", {})
    same = st.toggle(
        say("Only workloads that all of them can run"),
        value=True,
        key="same_workloads",
        help=say("Some cannot hold the largest guests: what they leave behind makes them look cheaper than they are."),
    )
    key = f"{st.session_state['current_job']}-{same}"
    if key not in shelf and st.button(say("Work out a plan on each"), type="primary", key="work_hypervisors"):
        with st.spinner(say("A plan on each hypervisor is worked out …")):
            shelf[key] = compare_hypervisors(
                answer.inventory, answer.scenario.varied(effort="quick"), same_workloads=same
            )[0]
    if key in shelf:
        table = shelf[key]
        currency = answer.scenario.currency
        money = (
            say("Licences ({currency})", currency=currency),
            say(
                "Cost over {horizon_years} years ({currency})",
                horizon_years=answer.scenario.horizon_years,
                currency=currency,
            ),
            say("More than the first"),
        )
        yes = {True: say("yes"), False: say("no")}
        bare, hosted = (table[table["type"] == kind].iloc[0] for kind in (1, 2))
        if same:
            more = amount(abs(hosted["tco_target"] - bare["tco_target"]), currency)
            values = {
                "hosted": hosted["name"],
                "hosted_hosts": counts.hosts(int(hosted["hosts"])),
                "bare": bare["name"],
                "bare_hosts": number(bare["hosts"]),
                "years": answer.scenario.horizon_years,
                "amount": more,
            }
            st.markdown(
                say(
                    "**Type 2 against type 1**: {hosted} needs {hosted_hosts}, {bare} {bare_hosts}; over {years} "
                    "years it costs {amount} more.",
                    **values,
                )
                if hosted["tco_target"] >= bare["tco_target"]
                else say(
                    "**Type 2 against type 1**: {hosted} needs {hosted_hosts}, {bare} {bare_hosts}; over {years} "
                    "years it costs {amount} less.",
                    **values,
                )
            )
        show_table(
            table.assign(
                live_migration=table["live_migration"].map(yes),
                high_availability=table["high_availability"].map(yes),
                cautions=table["cautions"].map(local),
                **{name: table[name].round() for name in ("licences", "tco_target", "extra_tco")},
            )
            .drop(columns="id")
            .rename(
                columns={
                    "name": say("Hypervisor"),
                    "type": say("Type"),
                    "hosts": say("Hosts"),
                    "at_least": say("At least"),
                    "staying": say("Cannot move"),
                    "licences": money[0],
                    "tco_target": money[1],
                    "extra_tco": money[2],
                    "live_migration": say("Live migration"),
                    "high_availability": say("Restarts by itself"),
                    "cautions": say("Caution"),
                }
            ),
            column_config=dict.fromkeys(money, LOCALISED),
        )
        st.caption(
            say(
                "Type 1 runs on the hardware, type 2 on a host operating system. Host models are chosen anew for "
                "each; allow a single model on the first page to compare hosts one for one. Guest licences are not "
                "in these figures."
            )
        )
    with st.expander(say("Overheads, limits and abilities, with their sources")):
        show_table(reference.table("hypervisors").astype(str))


def foreign(answer: calc.Assessment) -> None:
    """Stay, emulate or re-platform."""
    table = foreign_options(answer)
    table.insert(2, "recommended", table.pop("recommended"))
    st.header(say("Foreign architectures"))
    kinds = architectures(answer)
    if len(kinds) > 1:
        heads = (say("Architecture"), say("Workloads"), say("Placed"), say("What becomes of it"))
        show_table(kinds.set_axis(list(heads), axis=1))
    if not len(table):
        st.caption(say("Every workload has the architecture of the hosts."))
        return
    st.markdown(
        say_many(
            "{count:,} server cannot be virtualised on these hosts. It **stays** in the plan; this is what each "
            "way would cost over {horizon_years} years, as present value in {currency}.",
            "{count:,} servers cannot be virtualised on these hosts. They **stay** in the plan; this is what each "
            "way would cost over {horizon_years} years, as present value in {currency}.",
            len(table),
            horizon_years=answer.scenario.horizon_years,
            currency=answer.scenario.currency,
        )
    )
    money = (say("Stay"), say("Emulate, integer work"), say("Emulate, floating point"), say("Re-platform"))
    show_table(
        table.replace(np.inf, np.nan)
        .assign(recommended=table["recommended"].map(local), caution=table["caution"].map(local))
        .round(dict.fromkeys(("stay", "emulate_integer", "emulate_floating", "replatform"), 0))
        .rename(
            columns={
                "server": say("Server"),
                "architecture": say("Architecture"),
                "workloads": say("Workloads"),
                "utilisation": say("Planned CPU"),
                "integer_factor": say("Factor, integer"),
                "floating_factor": say("Factor, floating point"),
                "stay": money[0],
                "emulate_integer": money[1],
                "emulate_floating": money[2],
                "replatform": money[3],
                "recommended": say("Cheapest"),
                "caution": say("Caution"),
            }
        ),
        column_config={
            say("Planned CPU"): PERCENT,
            **dict.fromkeys(money, LOCALISED),
        },
    )
    st.caption(
        say(
            "An empty cell: not possible, or larger than any allowed host. The factor is host instructions for "
            "each guest instruction."
        )
    )


main()
