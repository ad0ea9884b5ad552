"""Back-test: hand-worked replays, cross-validation, switching off, and the real trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calc.backtest import (
    History,
    HostSize,
    Plan,
    PowerRules,
    back_test,
    choose_percentile,
    plan_peak_of_sums,
    plan_sum_of_peaks,
    replay,
    replay_power,
)
from calc.errors import InputError
from tests.trace import bitbrains

WATTS = {"idle_w": 200.0, "full_w": 600.0}
DAY = np.r_[np.full(12, 8.0), np.full(12, 1.0)]


def made(*rows: np.ndarray | list[float], memory: float = 1.0, first_hour: int = 0) -> History:
    demand = np.array(rows, dtype=float)
    names = tuple(f"w{i}" for i in range(len(rows)))
    return History(names, demand, demand, np.full(len(rows), memory), first_hour)


def test_a_replay_by_hand() -> None:
    # Host 0 holds 6 + 5 = 11 of 10 in one hour of four; host 1 holds 9.5 in two hours of four.
    history = made([6, 1, 1, 1], [5, 1, 1, 1], [9.5, 9.5, 0, 0])
    plan = Plan("by hand", np.array([0, 0, 1]), 2, 1)
    found = replay(plan, history, HostSize(10, 100))
    assert found.host_hours == 8
    assert found.over == 1 / 8 and found.tight == 3 / 8
    assert (found.worst_host, found.worst_host_over) == (0, 1 / 4)
    assert found.highest == pytest.approx(1.1)
    assert found.excess == pytest.approx(1 / (11 + 2 + 2 + 2 + 19))


def test_exactly_full_is_not_above() -> None:
    found = replay(Plan("full", np.array([0]), 1, 1), made([10, 9]), HostSize(10, 10))
    assert found.over == 0 and found.tight == 0.5


def test_day_and_night_share_a_host() -> None:
    history = made(np.tile(DAY, 14), np.tile(DAY[::-1], 14))
    found = back_test(history, HostSize(10, 10), 168)
    assert [plan.hosts for plan in found.plans] == [2, 1]
    assert [plan.lower_bound for plan in found.plans] == [2, 1]
    assert (found.table["over"] == 0).all() and list(found.table["hosts"]) == [2, 2, 1, 1]


def test_memory_and_ceiling_bind() -> None:
    history = made([1, 1], [1, 1], [1, 1], memory=4)
    assert plan_sum_of_peaks(history, HostSize(100, 8)).hosts == 2
    assert plan_sum_of_peaks(history, HostSize(3, 100)).hosts == 1
    assert plan_sum_of_peaks(history, HostSize(3, 100), ceiling=0.8).hosts == 2


def test_weekdays_and_weekends_are_slots_of_their_own() -> None:
    # From Monday 00:00, busy on working days only: another one busy at weekends only shares the host.
    week = np.r_[np.full(120, 8.0), np.full(48, 1.0)]
    other = np.r_[np.full(120, 1.0), np.full(48, 8.0)]
    history = made(np.tile(week, 2), np.tile(other, 2))
    assert plan_peak_of_sums(history.part(0, 168), HostSize(10, 10)).hosts == 1
    shifted = made(np.tile(week, 2), np.tile(other, 2), first_hour=48)  # told it starts on a Wednesday
    assert plan_peak_of_sums(shifted, HostSize(10, 10)).hosts == 2


def test_slots_that_were_never_seen_are_planned_with_care() -> None:
    # Five working days: by the hour both fit one host, but what they do at weekends is not known.
    days = made(np.tile(DAY, 5), np.tile(DAY[::-1], 5))
    assert plan_peak_of_sums(days, HostSize(10, 10)).hosts == 2
    assert plan_peak_of_sums(made(np.tile(DAY, 7), np.tile(DAY[::-1], 7)), HostSize(10, 10)).hosts == 1


def test_a_part_keeps_its_hour_of_the_week() -> None:
    history = made(np.arange(400.0), first_hour=70)
    assert history.part(100, 300).first_hour == (70 + 100) % 168
    assert list(history.part(100, 300).slots()) == list(history.slots()[100:300])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mean": np.array([[np.nan, 1.0]])}, "fill gaps first"),
        ({"maximum": np.array([[-1.0, 1.0]])}, "-1.0"),
        ({"mean": np.array([[5.0, 1.0]])}, "exchanged"),
        ({"memory": np.array([1.0, 2.0])}, "memory has shape"),
        ({"mean": np.array([[1.0]])}, "must both be"),
        ({"first_hour": 168}, "hour of the week"),
    ],
)
def test_a_broken_history_says_where(change: dict[str, object], message: str) -> None:
    good = {"names": ("a",), "mean": np.ones((1, 2)), "maximum": np.ones((1, 2)) * 2, "memory": np.ones(1)}
    with pytest.raises(InputError, match=message):
        History(**{**good, **change})  # type: ignore[arg-type]


def test_a_workload_larger_than_a_host_is_named() -> None:
    with pytest.raises(InputError, match=r"1 workloads are larger.*row 1: 12 CPU"):
        plan_sum_of_peaks(made([1, 1], [12, 1]), HostSize(10, 10))


def test_gaps_are_filled_and_counted() -> None:
    hours = pd.to_datetime(["2026-01-05 00:00", "2026-01-05 01:00", "2026-01-05 03:00"])
    mean = pd.DataFrame([[1.0, 2.0, 4.0], [np.nan, 5.0, 6.0]], index=["a", "b"], columns=hours)
    history, filled = History.from_frames(mean, mean * 2, pd.Series({"b": 2.0, "a": 1.0}))
    assert history.mean.tolist() == [[1, 2, 2, 4], [5, 5, 5, 6]]
    assert filled == 6  # the missing hour of two workloads and one cell, in two tables
    assert history.first_hour == 0 and history.memory.tolist() == [1, 2]
    with pytest.raises(InputError, match="'b' has no reading at all"):
        History.from_frames(mean.mul([1.0, np.nan], axis=0), mean, pd.Series({"a": 1.0, "b": 1.0}))


def test_arrays_with_gaps_become_a_history() -> None:
    mean = np.array([[1.0, np.nan, 3.0], [4.0, 5.0, 6.0]])
    start = pd.Timestamp("2026-01-06 22:00")  # a Tuesday
    history, filled = History.from_arrays(["a", "b"], mean, mean + 1, np.array([1.0, 2.0]), start)
    assert filled == 2 and history.mean.tolist() == [[1, 1, 3], [4, 5, 6]]
    assert history.first_hour == 24 + 22 and history.slots().tolist() == [22, 23, 0]


def test_the_risk_is_chosen_on_left_out_weeks() -> None:
    # One hour a week is ten times the rest, in every week: the median misses it, the maximum holds it.
    week = np.full(168, 1.0)
    week[10] = 10.0
    history = made(*[np.tile(week, 4)] * 10)
    found = choose_percentile(history, HostSize(20, 100), 0.0, steps=((0.5, 1.0), (1.0, 1.0), (1.0, 1.5)))
    assert found.met and (found.percentile, found.margin) == (1.0, 1.0)
    assert list(found.frontier["hosts"]) == [1, 5, 10]
    assert found.frontier["over"].iloc[0] == pytest.approx(1 / 168)
    loose = choose_percentile(history, HostSize(20, 100), 0.01, steps=((0.5, 1.0), (1.0, 1.0)))
    assert loose.percentile == 0.5 and loose.frontier["chosen"].tolist() == [True, False]


def test_a_risk_that_cannot_be_held_says_so() -> None:
    weeks = np.concatenate([np.full(168, float(level)) for level in (1, 1, 4)])  # the last week is like no other
    found = choose_percentile(made(weeks, weeks), HostSize(5, 10), 0.0, steps=((1.0, 1.0),))
    # Left out, it meets one host planned for 2 of 5 with 8; the other weeks are held by two hosts each.
    assert not found.met and found.frontier["over"].iloc[0] == pytest.approx(168 / (168 + 2 * 2 * 168))


def test_a_short_history_cannot_choose() -> None:
    with pytest.raises(InputError, match="at least two blocks of 168"):
        choose_percentile(made(np.ones(200)), HostSize(5, 10))


def test_switching_off_by_hand() -> None:
    # Two hosts with one machine each at 1 of 10: with no spare, one host is emptied in hour 1 and stays off.
    history = made(np.ones(24), np.ones(24))
    rules = PowerRules(idle_w=100, full_w=100, off_w=0, spare_hosts=0, least_hours=0)
    found = replay_power(Plan("two", np.array([0, 1]), 2, 1), history, HostSize(10, 10), rules)
    assert list(found.hosts_on) == [2] + [1] * 23
    assert found.migrations == 1 and found.wake_ups == 0 and found.over == 0
    assert found.energy_kwh == pytest.approx(2.5) and found.energy_all_on_kwh == pytest.approx(4.8)
    assert found.saved == pytest.approx(1 - 25 / 48)
    # A spare must be kept: with N+1 both stay on.
    kept = replay_power(
        Plan("two", np.array([0, 1]), 2, 1), history, HostSize(10, 10), PowerRules(**WATTS, spare_hosts=1)
    )
    assert (kept.hosts_on == 2).all() and kept.migrations == 0


def test_a_host_wakes_when_the_morning_is_known_and_is_late_when_not() -> None:
    day = np.r_[np.full(8, 1.0), np.full(16, 7.0)]
    history = made(np.tile(day, 7), np.tile(day, 7))
    plan = Plan("two", np.array([0, 1]), 2, 2)
    rules = PowerRules(**WATTS, spare_hosts=0, least_hours=0)
    blind = replay_power(plan, history.part(0, 24), HostSize(10, 10), rules)
    assert blind.over > 0 and blind.wake_ups >= 1  # the first morning comes unforeseen
    wise = replay_power(plan, history.part(24, 168), HostSize(10, 10), rules, learned=history, percentile=1.0)
    assert wise.over == 0 and wise.wake_ups >= 5 and wise.saved > 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 30), st.integers(0, 2))
def test_limits_hold_whatever_comes(seed: int, limit: int, spare: int) -> None:
    rng = np.random.default_rng(seed)
    history = made(*rng.gamma(1.0, 1.0, size=(20, 48)).clip(0, 9.9))
    host = HostSize(10, 6)
    plan = plan_sum_of_peaks(history, host)
    rules = PowerRules(**WATTS, migrations_per_hour=limit, spare_hosts=spare)
    found = replay_power(plan, history, host, rules)
    assert found.most_migrations <= limit
    assert found.hosts_on.min() >= min(plan.hosts, 4 + spare)  # memory alone needs 20 / 6 -> 4 hosts
    assert found.energy_kwh <= found.energy_all_on_kwh * (1 + 1e-9) or found.migrations
    if limit == 0:
        assert (found.hosts_on == plan.hosts).all() and found.over == found.over_all_on


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_what_was_planned_on_is_held(seed: int) -> None:
    """A plan on the maxima, replayed on the very hours it was made on, is never above capacity."""
    rng = np.random.default_rng(seed)
    history = made(*rng.gamma(1.0, 2.0, size=(15, 72)).clip(0, 9))
    for plan in (plan_sum_of_peaks(history, HostSize(20, 8)), plan_peak_of_sums(history, HostSize(20, 8))):
        assert replay(plan, history, HostSize(20, 8)).over == 0
        assert plan.lower_bound <= plan.hosts
    assert plan_peak_of_sums(history, HostSize(20, 8)).lower_bound <= plan_sum_of_peaks(history, HostSize(20, 8)).hosts


def test_rules_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(InputError, match="filled and relieved in turn"):
        PowerRules(**WATTS, fill_to=0.95, relieve_above=0.9)
    with pytest.raises(InputError, match="power must rise"):
        PowerRules(idle_w=700, full_w=600)


def test_the_real_trace(real_data: Path) -> None:
    """500 VMs of August 2013 on assigned hosts: three weeks planned on, the rest unseen."""
    history, filled = bitbrains(real_data)
    assert (len(history.names), history.hours, filled) == (500, 720, 694)
    host = HostSize(62 * 2600.0, 1000.0)
    found = back_test(history, host, 504, ceiling=0.8)
    peaks, sums = found.plans
    assert (peaks.hosts, sums.hosts) == (14, 11)
    assert peaks.hosts == peaks.lower_bound and sums.hosts == sums.lower_bound
    assert (found.table["over"] == 0).all()
    to_the_brim = back_test(history, host, 504)
    assert [plan.hosts for plan in to_the_brim.plans] == [12, 9]
    over = to_the_brim.table.set_index(["method", "reading"])["over"]
    assert over["sum of peaks", "maximum"] == 0
    assert over["peak of sums, p100", "maximum"] <= 0.001 and over["peak of sums, p100", "mean"] == 0
    dared = back_test(history, host, 504, percentile=0.9).table.set_index(["method", "reading"])
    assert dared.loc[("peak of sums, p90", "maximum"), "hosts"] == 8
    assert dared.loc[("peak of sums, p90", "maximum"), "over"] > 0.005  # a host fewer, and a risk that shows
