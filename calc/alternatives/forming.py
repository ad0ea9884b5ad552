"""Form every alternative of an answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from calc import hypervisors
from calc.alternatives.cloud import hybrid, in_cloud
from calc.alternatives.entries import Alternatives, form_entry
from calc.alternatives.reuse import reused
from calc.assessment import Assessment, assess
from calc.costs.cloud import TERMS, CloudChoice, choose_instances
from calc.errors import ScenarioError
from calc.language import foreign, stored
from calc.planning import Limits
from calc.scenario import Scenario


def compare_alternatives(
    a: Assessment, *, limits: Limits | None = None, on_progress: Callable[[float, str], None] | None = None
) -> Alternatives:
    """Form every alternative of an answer.

    Parameters
    ----------
    a : Assessment
    limits : Limits, optional
        For each plan.
    on_progress : callable, optional
        Called with (share done, what is formed).

    Returns
    -------
    Alternatives
    """
    limits = limits or Limits()
    scenario, demand = a.scenario, a.demand
    tell = on_progress or (lambda share, text: None)
    nowhere = np.zeros(len(demand.table), dtype=bool)
    servers = len(a.estate.servers)
    found = [
        form_entry(
            a,
            stored("Stay: keep today's servers"),
            "stay",
            a.sides["baseline"],
            kept=servers,
            note=stored("nothing is bought"),
        ),
        form_entry(
            a,
            stored("Refresh like for like"),
            "refresh",
            a.sides["refresh"],
            kept=servers,
            note=stored(
                "each server at the end of its life, by the cheapest that meets its demand; no spare for a failure, "
                "no move"
            ),
        ),
    ]
    skipped: dict[str, str] = {}
    # Hypervisors on a host OS (type 2) are compared on the platform page: they are no way to run a data centre.
    names = [name for name in hypervisors.ids() if hypervisors.get(name).type == 1]
    steps = len(names) + 3
    for number, name in enumerate(names):
        tell(number / steps, hypervisors.get(name).name)
        try:
            other = (
                a
                if name == scenario.hypervisor
                else assess(a.inventory, _with_hypervisor(scenario, name), limits=limits)
            )
        except ScenarioError as error:
            skipped[hypervisors.get(name).name] = str(error)
            continue
        found.append(
            form_entry(
                a,
                stored("Consolidate on {name}", name=hypervisors.get(name).name),
                "consolidate",
                other.sides["target"],
                hosts=other.hosts_after,
                kept=other.servers_retained,
                note=", ".join(sorted(set(other.hosts["host_type"]))),
                scenario=other.scenario,
                case=other.case,
            )
        )
    tell(len(names) / steps, stored("reused hosts"))
    owned = reused(a, limits)
    if isinstance(owned, str):
        skipped[stored("Consolidate on reused hosts")] = owned
    else:
        found.append(owned)
    choice: CloudChoice | None = None
    moving = nowhere
    for term in TERMS:
        tell((len(names) + 1) / steps, stored("cloud, {replace}", replace=foreign(term.replace("_", " "))))
        try:
            priced = choose_instances(demand, scenario, term)
        except ScenarioError as error:
            skipped[stored("Cloud, {term}", term=foreign(term.replace("_", " ")))] = str(error)
            continue
        if not priced.fits.any():
            skipped[stored("Cloud, {term}", term=foreign(term.replace("_", " ")))] = stored(
                "no workload fits an instance of the region"
            )
            continue
        found.append(in_cloud(a, priced, priced.fits, limits, "cloud"))
        if term == scenario.cloud_commitment:
            choice = priced
    if choice is not None:
        tell((len(names) + 2) / steps, stored("hybrid"))
        part, moving = hybrid(a, choice, limits)
        found.append(part)
    tell(1.0, stored("done"))
    return Alternatives(tuple(found), skipped, choice, moving, scenario)


def _with_hypervisor(scenario: Scenario, name: str) -> Scenario:
    # A price of the user's own is for the hypervisor it was given for.
    return scenario.varied(hypervisor=name, hypervisor_price=None)
