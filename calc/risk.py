"""The risk that a plan may take, turned into the CPU reading it is made on.

*At most one host-hour in a thousand above capacity* is a statement about hours that the plan has
not seen. Cross-validation on the telemetry (`calc.backtest.choose_percentile`) finds the
percentile of each slot's hourly maxima, and a margin beyond the highest, that keeps it with the
fewest hosts; demand is then formed on that reading.
"""

from __future__ import annotations

from calc.backtest import History, HostSize, RiskChoice, choose_percentile
from calc.costs.sides import host_coefficient
from calc.demand import Demand, capacity
from calc.errors import InputError
from calc.estate import Estate
from calc.language import stored
from calc.model import HostType
from calc.scenario import Scenario
from calc.units import MIB_PER_GIB, MILLI


def choose_reading(estate: Estate, demand: Demand, hosts: tuple[HostType, ...], scenario: Scenario) -> RiskChoice:
    """The percentile and margin that keep ``Scenario.risk_allowed``.

    Parameters
    ----------
    estate : Estate
        With telemetry.
    demand : Demand
        Formed without the choice.
    hosts : tuple of HostType
        Allowed ones.

    Returns
    -------
    RiskChoice

    Raises
    ------
    InputError
        Without telemetry, or with less than two weeks of it.

    Notes
    -----
    Every movable workload with telemetry is packed as one pool, at the normal CPU ceiling, without
    growth and without failures, on the model that costs least for each unit of CPU among those
    that hold the largest. Room for failures comes on top in the plan, and makes it safer.
    """
    telemetry = estate.telemetry
    if telemetry is None or "cpu" not in telemetry.maximum:
        raise InputError(
            stored(
                "risk_allowed = {risk_allowed:g} needs hourly CPU readings, and these files hold none; add telemetry, or leave it empty",
                risk_allowed=scenario.risk_allowed,
            )
        )
    movable = set(demand.table["workload"][demand.table["stay_reason"] == ""])
    found = History.from_telemetry(telemetry, demand.table, movable)
    if found is None:
        raise InputError(
            stored(
                "risk_allowed = {risk_allowed:g} needs hourly CPU readings of workloads that may move; none has any",
                risk_allowed=scenario.risk_allowed,
            )
        )
    history = found[0]
    peak, memory = float(history.maximum.max()), float(history.memory.max())

    def size(host: HostType) -> HostSize:
        cpu, room = capacity(host, ("cpu", "memory"), scenario)
        return HostSize(max(cpu, 1) / MILLI / scenario.cpu_ceiling, max(room, 1) / MIB_PER_GIB)

    arch = set(demand.table["arch"][demand.table["workload"].isin(history.names)])
    fitting = [
        host
        for host in hosts
        if host.arch in arch
        and size(host).cpu * scenario.cpu_ceiling >= peak * _LARGEST
        and size(host).memory >= memory
    ]
    if not fitting:
        raise InputError(
            stored(
                "risk_allowed = {risk_allowed:g}: no allowed host model holds the largest workload ({peak:g} compute units x {largest:g}, {memory:g} GiB); allow a larger one, or leave it empty",
                risk_allowed=scenario.risk_allowed,
                peak=peak,
                largest=_LARGEST,
                memory=memory,
            )
        )
    best = min(fitting, key=lambda host: (host_coefficient(host, scenario) / size(host).cpu, host.id))
    return choose_percentile(history, size(best), scenario.risk_allowed, ceiling=scenario.cpu_ceiling)


#: Largest margin that is tried: a host must hold the largest workload with it.
_LARGEST = 1.5
