"""Several scenarios of one estate, planned side by side."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor

from calc.assessment import Assessment, Prepared, conclude, prepare
from calc.failover import Problem, plan_several
from calc.inventory import Inventory
from calc.planning import Limits
from calc.scenario import Scenario


def problem_of(prepared: Prepared, scenario: Scenario) -> Problem:
    """What `calc.failover.plan_several` plans of a prepared estate."""
    return Problem(prepared.demand, prepared.hosts, scenario)


def assess_several(
    inventory: Inventory,
    scenarios: Sequence[Scenario],
    *,
    limits: Limits | None = None,
    executor: Executor | None = None,
) -> Iterator[Assessment]:
    """The answer to each scenario, in their order, as `calc.assess` gives it.

    Parameters
    ----------
    inventory : Inventory
    scenarios : sequence of Scenario
    limits : Limits, optional
        A time limit holds for all of them together. Progress is told by the answers as they arrive.
    executor : concurrent.futures.Executor, optional
        Plans the pools of all scenarios side by side; the answers are the same without. ``runtime_s`` of an answer counts
        from the start of them all.

    Raises
    ------
    InventoryError
        When no workload takes part.
    ScenarioError
        When one of the scenarios allows no host.

    Examples
    --------
    >>> import calc
    >>> csv = b"hostname,cores,memory_gib,cpu_mean\\n" + b"".join(b"s%d,8,32,10%%\\n" % i for i in range(20))
    >>> found = calc.read_inventory(csv, name="twenty.csv")
    >>> spares = [calc.Scenario(failover_hosts=count) for count in (0, 1, 2)]
    >>> [answer.hosts_after for answer in assess_several(found, spares)]
    [1, 5, 6]
    """
    started = time.monotonic()
    ready = [(prepare(inventory, scenario), scenario) for scenario in scenarios]
    planned = plan_several([problem_of(*one) for one in ready], limits or Limits(), executor)
    for (prepared, scenario), pools in zip(ready, planned, strict=True):
        yield conclude(inventory, scenario, prepared, tuple(pools), lambda: time.monotonic() - started)
