"""Hosts switched off in quiet hours: what is saved, how many machines move, what goes wrong.

A simple controller, replayed hour by hour. It knows the hour before and the same hour of the day
before, never the hour it acts for. At each hour it first relieves hosts whose forecast is too
high (onto hosts that run, else by waking one, which serves only after its delay), then empties
the least loaded host where all its machines find room elsewhere. Live migrations an hour are
limited, a host stays in its state for a least time (hysteresis), and the hosts that run must
have room for the loss of N+k of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calc import assumptions
from calc.backtest.history import HOURS_PER_DAY, History
from calc.backtest.replay import HostSize, Plan, host_loads, profile
from calc.errors import InputError
from calc.language import stored
from calc.units import W_PER_KW


def _rule(name: str, kind: type = float) -> Any:
    return field(default_factory=lambda: kind(assumptions.default(name).value), metadata={"assumption": name})


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerRules:
    """How the controller may act; defaults are rows of data/reference/assumptions.csv.

    Attributes
    ----------
    idle_w, full_w : float
        Power of a host at no load and at full load: of the host model, so there is no default.
    off_w : float
        Power of a host that is switched off.
    fill_to : float
        Share of a host's CPU that a move may fill, by the forecast.
    relieve_above : float
        Forecast at which a host is relieved. Above ``fill_to``: the distance is the hysteresis.
    migrations_per_hour : int
        Live migrations in one hour, over all hosts.
    least_hours : int
        A host stays on or off at least so long, unless it is needed.
    wake_h : float
        Part of the hour that passes before a woken host serves.
    spare_hosts : int
        Running hosts must hold everything when so many of them are lost (in sum).
    """

    idle_w: float
    full_w: float
    off_w: float = _rule("power_off_w")
    fill_to: float = _rule("power_fill_to")
    relieve_above: float = _rule("power_relieve_above")
    migrations_per_hour: int = _rule("power_migrations_per_hour", int)
    least_hours: int = _rule("power_least_hours", int)
    wake_h: float = _rule("power_wake_h")
    spare_hosts: int = _rule("failover_hosts", int)

    def __post_init__(self) -> None:
        if not 0 < self.fill_to <= self.relieve_above:
            raise InputError(
                stored(
                    "fill_to = {fill_to:g} must be above 0 and not above relieve_above = {relieve_above:g}, or hosts are "
                    "filled and relieved in turn",
                    fill_to=self.fill_to,
                    relieve_above=self.relieve_above,
                )
            )
        if not 0 <= self.wake_h <= 1:
            raise InputError(stored("wake_h = {wake_h:g}: a host must wake within the hour (0-1)", wake_h=self.wake_h))
        if min(self.migrations_per_hour, self.least_hours, self.spare_hosts) < 0:
            raise InputError(stored("migrations_per_hour, least_hours and spare_hosts must not be negative"))
        if not 0 <= self.off_w <= self.idle_w <= self.full_w:
            raise InputError(
                stored(
                    "power must rise: off {off_w:g} W, idle {idle_w:g} W, full {full_w:g} W",
                    off_w=self.off_w,
                    idle_w=self.idle_w,
                    full_w=self.full_w,
                )
            )


@dataclass(frozen=True, slots=True, eq=False)
class PowerReplay:
    """Outcome of switching hosts off.

    Attributes
    ----------
    energy_kwh, energy_all_on_kwh : float
        IT energy over the replay, with and without switching off; migrations themselves and
        the start of a host are not counted.
    saved : float
        Share of ``energy_all_on_kwh``.
    migrations, migrations_per_day : float
    most_migrations : int
        In any hour.
    wake_ups : int
    over, over_all_on : float
        Share of host-hours above capacity on hosts that run, with and without switching off.
        A host that wakes serves only the rest of its hour.
    hosts_on : ndarray of int, shape (hours,)
    """

    energy_kwh: float
    energy_all_on_kwh: float
    saved: float
    migrations: int
    migrations_per_day: float
    most_migrations: int
    wake_ups: int
    over: float
    over_all_on: float
    hosts_on: np.ndarray


class _Fleet:
    """Hosts and what runs on them, as the controller sees them."""

    def __init__(self, plan: Plan, history: History, host: HostSize, rules: PowerRules) -> None:
        self.on = np.ones(plan.hosts, dtype=bool)
        self.since = np.full(plan.hosts, -(10**6))
        self.home = plan.assignment.copy()
        self.memory = np.bincount(self.home, history.memory, minlength=plan.hosts)
        self.needs = history.memory
        self.host, self.rules = host, rules
        self.moves = 0  # in this hour

    def load(self, forecast: np.ndarray) -> np.ndarray:
        return np.bincount(self.home, forecast, minlength=len(self.on))

    def place(self, machines: np.ndarray, forecast: np.ndarray, onto: np.ndarray) -> np.ndarray | None:
        """Best fit, largest first, onto some hosts; None when one finds no room or moves run out."""
        if self.moves + len(machines) > self.rules.migrations_per_hour:
            return None
        cpu = self.rules.fill_to * self.host.cpu - self.load(forecast)
        memory = self.host.memory - self.memory
        goals = np.empty(len(machines), dtype=np.int64)
        order = machines[np.argsort(-forecast[machines], kind="stable")]
        for position, machine in enumerate(order):
            fits = onto & (cpu >= forecast[machine]) & (memory >= self.needs[machine] - 1e-9)
            if not fits.any():
                return None
            goal = int(np.where(fits, cpu, np.inf).argmin())
            cpu[goal] -= forecast[machine]
            memory[goal] -= self.needs[machine]
            goals[position] = goal
        machines[:] = order
        return goals

    def move(self, machines: np.ndarray, goals: np.ndarray) -> None:
        np.subtract.at(self.memory, self.home[machines], self.needs[machines])
        self.home[machines] = goals
        np.add.at(self.memory, goals, self.needs[machines])
        self.moves += len(machines)

    def enough(self, forecast: np.ndarray, running: int) -> bool:
        """Whether so many hosts hold everything, N+k in sum."""
        left = running - self.rules.spare_hosts
        return bool(
            forecast.sum() <= left * self.host.cpu * self.rules.relieve_above
            and self.needs.sum() <= left * self.host.memory + 1e-9
        )


def replay_power(
    plan: Plan,
    history: History,
    host: HostSize,
    rules: PowerRules,
    *,
    learned: History | None = None,
    percentile: float = 0.9,
) -> PowerReplay:
    """Replay a history with hosts switched off in quiet hours.

    Parameters
    ----------
    plan : Plan
        Where machines are at the start; every host runs then.
    history : History
        Violations are counted on its maxima, energy on its means.
    rules : PowerRules
    learned : History, optional
        What the plan was made on: its percentile for the slot joins the forecast, so that the
        controller wakes hosts before the morning comes instead of after.
    percentile : float
        Of ``learned``, 0-1.

    Returns
    -------
    PowerReplay
    """
    fleet = _Fleet(plan, history, host, rules)
    expected = np.zeros((len(history.names), 2 * HOURS_PER_DAY))
    if learned is not None:
        expected[:, np.unique(learned.slots())] = profile(learned, percentile)
    slots = history.slots()
    hours = history.hours
    energy = 0.0
    over = running = migrations = most = wake_ups = 0
    hosts_on = np.zeros(hours, dtype=np.int64)
    for hour in range(hours):
        fleet.moves = 0
        woken = np.zeros(plan.hosts, dtype=bool)
        if hour > 0:
            before = history.maximum[:, hour - 1]
            day = history.maximum[:, hour - HOURS_PER_DAY] if hour >= HOURS_PER_DAY else before
            forecast = np.maximum(np.maximum(before, day), expected[:, slots[hour]])
            woken = _relieve(fleet, forecast, hour)
            _switch_off(fleet, forecast, hour)
        wake_ups += int(woken.sum())
        migrations, most = migrations + fleet.moves, max(most, fleet.moves)
        # A host that wakes serves the rest of the hour only: its capacity is that much smaller.
        capacity = host.cpu * np.where(woken, 1 - rules.wake_h, 1.0)
        over += int((fleet.load(history.maximum[:, hour]) > capacity * (1 + 1e-9))[fleet.on].sum())
        running += int(fleet.on.sum())
        hosts_on[hour] = fleet.on.sum()
        use = np.minimum(1.0, fleet.load(history.mean[:, hour]) / host.cpu)
        power = np.where(fleet.on, rules.idle_w + (rules.full_w - rules.idle_w) * use, rules.off_w)
        energy += float(power.sum()) / W_PER_KW
    loads = host_loads(plan.assignment, history.mean, plan.hosts) / host.cpu
    always = float((rules.idle_w + (rules.full_w - rules.idle_w) * np.minimum(1.0, loads)).sum()) / W_PER_KW
    peaks = host_loads(plan.assignment, history.maximum, plan.hosts)
    return PowerReplay(
        energy,
        always,
        1 - energy / always,
        migrations,
        migrations / (hours / HOURS_PER_DAY),
        most,
        wake_ups,
        over / max(1, running),
        float((peaks > host.cpu * (1 + 1e-9)).mean()),
        hosts_on,
    )


def _relieve(fleet: _Fleet, forecast: np.ndarray, hour: int) -> np.ndarray:
    """Move machines off hosts whose forecast is too high; wake hosts where nothing else helps."""
    rules, host = fleet.rules, fleet.host
    woken = np.zeros(len(fleet.on), dtype=bool)
    while not fleet.on.all() and not fleet.enough(forecast, int(fleet.on.sum())):
        woken[_wake(fleet, hour)] = True
    for hot in np.flatnonzero(fleet.on & (fleet.load(forecast) > rules.relieve_above * host.cpu)):
        members = np.flatnonzero(fleet.home == hot)
        members = members[np.argsort(-forecast[members], kind="stable")]
        for machine in members:
            if fleet.load(forecast)[hot] <= rules.fill_to * host.cpu:
                break
            one = np.array([machine])
            onto = fleet.on.copy()
            onto[hot] = False
            goals = fleet.place(one, forecast, onto)
            if goals is None and fleet.moves < rules.migrations_per_hour and not fleet.on.all():
                fresh = _wake(fleet, hour)
                woken[fresh] = onto[fresh] = True
                goals = fleet.place(one, forecast, onto)
            if goals is not None:
                fleet.move(one, goals)
    return woken


def _wake(fleet: _Fleet, hour: int) -> int:
    sleeping = np.flatnonzero(~fleet.on)
    number = int(sleeping[np.argmin(fleet.since[sleeping])])  # the one that has slept longest
    fleet.on[number], fleet.since[number] = True, hour
    return number


def _switch_off(fleet: _Fleet, forecast: np.ndarray, hour: int) -> None:
    """Empty and switch off hosts, least loaded first, while the rest has room."""
    load = fleet.load(forecast)
    for host in np.argsort(load, kind="stable"):
        if not fleet.on[host] or hour - fleet.since[host] < fleet.rules.least_hours:
            continue
        if not fleet.enough(forecast, int(fleet.on.sum()) - 1):
            return
        members = np.flatnonzero(fleet.home == host)
        onto = fleet.on.copy()
        onto[host] = False
        goals = fleet.place(members, forecast, onto)
        if goals is None:
            continue
        fleet.move(members, goals)
        fleet.on[host], fleet.since[host] = False, hour
