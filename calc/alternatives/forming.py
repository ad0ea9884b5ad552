"""Form every alternative of an answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np

from calc import hypervisors
from calc.alternatives.cloud import hybrid, in_cloud, splits_to_try, what_stays
from calc.alternatives.entries import Alternative, Alternatives, form_entry
from calc.alternatives.reuse import reused, with_owned
from calc.assessment import Assessment, conclude, prepare
from calc.costs.cloud import TERMS, CloudChoice, choose_instances
from calc.errors import ScenarioError
from calc.failover import Problem, plan_several
from calc.hypervisors import Hypervisor
from calc.language import foreign, stored
from calc.planning import Limits, Pool
from calc.scenario import Scenario
from calc.several import problem_of


@dataclass(frozen=True, slots=True, eq=False)
class _Draft:
    """An alternative before its plans.

    Attributes
    ----------
    label : str
        What is told while it is formed.
    problems : tuple of Problem
    form : callable
        From the pools of each problem.
    """

    label: str
    problems: tuple[Problem, ...]
    form: Callable[[list[list[Pool]]], Alternative]


def compare_alternatives(
    a: Assessment,
    *,
    limits: Limits | None = None,
    on_progress: Callable[[float, str], None] | None = None,
    executor: Executor | None = None,
) -> Alternatives:
    """Form every alternative of an answer.

    Parameters
    ----------
    a : Assessment
    limits : Limits, optional
        A time limit holds for all plans together.
    on_progress : callable, optional
        Called with (share done, what is formed).
    executor : concurrent.futures.Executor, optional
        Plans the alternatives side by side, every pool of every one a piece; the answer is the same without.

    Returns
    -------
    Alternatives
    """
    tell = on_progress or (lambda share, text: None)
    skipped: dict[str, str] = {}
    drafts = [*_on_hypervisors(a, skipped), *_on_owned(a, skipped)]
    choices: dict[str, CloudChoice] = {}
    for term in TERMS:
        try:
            priced = choose_instances(a.demand, a.scenario, term)
        except ScenarioError as error:
            skipped[stored("Cloud, {term}", term=foreign(term.replace("_", " ")))] = str(error)
            continue
        if not priced.fits.any():
            skipped[stored("Cloud, {term}", term=foreign(term.replace("_", " ")))] = stored(
                "no workload fits an instance of the region"
            )
            continue
        choices[term] = priced
        drafts.append(_in_cloud(a, priced, term))
    choice = choices.get(a.scenario.cloud_commitment)
    moving = np.zeros(len(a.demand.table), dtype=bool)
    if choice is not None:
        splits = splits_to_try(a, choice)

        def best_split(planned: list[list[Pool]], choice: CloudChoice = choice) -> Alternative:
            nonlocal moving
            entry, moving = hybrid(a, choice, splits, planned)
            return entry

        drafts.append(_Draft(stored("hybrid"), tuple(what_stays(a, mask) for mask in splits.masks), best_split))

    problems = [problem for draft in drafts for problem in draft.problems]
    planned = plan_several(problems, limits or Limits(), executor)
    found = _without_a_plan(a)
    for number, draft in enumerate(drafts):
        tell(number / len(drafts), draft.label)
        found.append(draft.form([next(planned) for _ in draft.problems]))
    tell(1.0, stored("done"))
    return Alternatives(tuple(found), skipped, choice, moving, a.scenario)


def _without_a_plan(a: Assessment) -> list[Alternative]:
    servers = len(a.estate.servers)
    return [
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


def _on_hypervisors(a: Assessment, skipped: dict[str, str]) -> list[_Draft]:
    """One draft a hypervisor that runs on bare hosts; on a host OS (type 2) is no way to run a data centre."""
    drafts = []
    for kind in map(hypervisors.get, hypervisors.ids()):
        if kind.type != 1:
            continue
        if kind.id == a.scenario.hypervisor:
            drafts.append(_own(a, kind))
            continue
        # A price of the user's own is for the hypervisor it was given for.
        scenario = a.scenario.varied(hypervisor=kind.id, hypervisor_price=None)
        try:
            drafts.append(_assessed(a, scenario, kind.name, partial(_consolidated, a, kind)))
        except ScenarioError as error:
            skipped[kind.name] = str(error)
    return drafts


def _own(a: Assessment, kind: Hypervisor) -> _Draft:
    return _Draft(kind.name, (), lambda planned: _consolidated(a, kind, a))


def _on_owned(a: Assessment, skipped: dict[str, str]) -> list[_Draft]:
    scenario = with_owned(a)
    if scenario is None:
        skipped[stored("Consolidate on reused hosts")] = stored("no server of the estate is still within its life")
        return []
    return [_assessed(a, scenario, stored("reused hosts"), partial(reused, a))]


def _in_cloud(a: Assessment, choice: CloudChoice, term: str) -> _Draft:
    label = stored("cloud, {replace}", replace=foreign(term.replace("_", " ")))
    return _Draft(
        label,
        (what_stays(a, choice.fits),),
        lambda planned: in_cloud(a, choice, choice.fits, planned[0], "cloud"),
    )


def _assessed(a: Assessment, scenario: Scenario, label: str, form: Callable[[Assessment], Alternative]) -> _Draft:
    """A draft that is formed from the whole answer to another scenario."""
    started = time.monotonic()
    prepared = prepare(a.inventory, scenario)

    def whole(planned: list[list[Pool]]) -> Alternative:
        pools = tuple(planned[0])
        return form(conclude(a.inventory, scenario, prepared, pools, lambda: time.monotonic() - started))

    return _Draft(label, (problem_of(prepared, scenario),), whole)


def _consolidated(a: Assessment, kind: Hypervisor, other: Assessment) -> Alternative:
    return form_entry(
        a,
        stored("Consolidate on {name}", name=foreign(kind.name)),
        "consolidate",
        other.sides["target"],
        hosts=other.hosts_after,
        kept=other.servers_retained,
        note=", ".join(sorted(set(other.hosts["host_type"]))),
        scenario=other.scenario,
        case=other.case,
    )
