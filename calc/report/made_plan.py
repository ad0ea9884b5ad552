"""How the counts of the plan come about: servers, hosts with their bound, assumed inputs. Keys: those of `plan_measures`, ``pool.number``."""

from __future__ import annotations

from collections import Counter

from calc.assessment import Assessment
from calc.language import local, say, say_many
from calc.report import words
from calc.report.figures import number, percent
from calc.report.made import Made, Part


def plan_measures() -> dict[str, str]:
    """Keys and names of the counts."""
    return {
        "servers": say("Servers today"),
        "hosts": say("Hosts of the plan"),
        "assumed": say("Inputs assumed"),
    }


def plan_measure(a: Assessment, key: str) -> Made:
    """How a count comes about; ``key`` is one of `plan_measures`."""
    title = plan_measures()[key]
    if key == "servers":
        files = "; ".join(
            say_many("{name}: {count:,} row used", "{name}: {count:,} rows used", source.used, name=source.name)
            for source in a.inventory.sources
        )
        sides = (
            count(say("replaced by hosts"), a.before.servers - a.servers_retained),
            count(say("stay where they are"), a.servers_retained),
        )
        note = say("Machines of the inventory, on both sides of the comparison. {files}.", files=files)
        return Made(title, number(a.before.servers), say("counted from the inventory"), note, sides)
    if key == "assumed":
        parts = tuple(
            count(
                say(
                    "{input}: {used} ({source})",
                    input=local(item.field),
                    used=local(item.value),
                    source=local(item.source),
                ),
                item.count,
            )
            for item in a.assumed
        )
        note = say(
            "Each default stands in for a reading that the inventory does not hold; “Sources” lists it with its date."
        )
        return Made(title, number(a.assumed_count), say("sum over the kinds of input"), note, parts)
    parts = tuple(
        count(say("Pool {pool}", pool=pool.name), len(pool.plan.host_types), f"pool.{place}")
        for place, pool in enumerate(a.pools)
    )
    return Made(title, number(a.hosts_after), say("sum over the pools"), local(words.proof_line(a)), parts)


def pool_made_of(a: Assessment, place: int) -> Made:
    """How the hosts of one pool come about: models, spares, bound and what proves it."""
    pool = a.pools[place]
    plan = pool.plan
    names = [pool.types[int(kind)].name for kind in plan.host_types]
    idle = len(names) - len(set(plan.assignment[plan.assignment >= 0].tolist()))
    notes = []
    if pool.hosts_bound is not None:
        least = pool.hosts_bound
        notes.append(say("At least {n:,} are needed: {why}.", n=least.value, why=local(least.name)))
    else:
        notes.append(say("Without a bound: not every workload of the pool is placed."))
    if plan.bound is not None:
        gap = (plan.cost - plan.bound.value) / max(plan.cost, 1)
        notes.append(say("Proven optimal.") if not gap else say("Gap {gap}.", gap=percent(gap, 1)))
    if idle:
        notes.append(
            say_many(
                "{count:,} of them is a spare: it runs nothing until another fails.",
                "{count:,} of them are spares: they run nothing until another fails.",
                idle,
            )
        )
    if plan.proof is not None:
        notes.append(
            say("Failures re-placed: {passed:,} of {cases:,}.", passed=plan.proof.passed, cases=plan.proof.cases)
        )
    formula = say("{n:,} workloads, packed: {how}", n=len(pool.rows), how=local(plan.normal.method))
    title = say("Hosts of pool {pool}", pool=pool.name)
    return Made(
        title,
        number(len(names)),
        formula,
        " ".join(notes),
        tuple(count(name, many) for name, many in Counter(names).items()),
    )


def count(name: str, amount: int, key: str = "") -> Part:
    """A part that is counted."""
    return Part(name, float(amount), key, number(amount))
