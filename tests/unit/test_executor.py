"""Pieces of work in this process, in others and on Dask workers: the same answers, in order."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import calc
from calc import cli
from calc import executor as room
from calc.alternatives import compare_alternatives
from calc.cli import main
from calc.errors import ExecutorError, InputError
from calc.executor import in_order, open_executor
from calc.licence_plan import compare_licence_plans
from calc.packing import Effort, Engine, Instance, Result, Termination, solve
from calc.packing import Path as SearchPath
from calc.packing.bounds import best_bound
from calc.packing.presolve import presolve
from calc.packing.restarts import seed_of
from calc.packing.rounds import Piece, State, advance
from calc.packing.solve import _first
from calc.packing.state import Plan
from calc.platforms import compare_hypervisors
from calc.recovery import failover_options
from calc.several import assess_several
from calc.uncertainty import build_model, simulate
from tests.make import hard_to_pack

distributed = pytest.importorskip("distributed")


def halve(number: int) -> float:
    return number / 2


def die(number: int) -> int:
    os._exit(number)


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    with open_executor("processes:2") as pool:
        assert pool is not None
        yield pool


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A real scheduler and two worker processes."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as started:
        yield started


def random_instance(workloads: int, seed: int, *, dimensions: int = 2) -> Instance:
    demands = np.random.default_rng(seed).integers(5, 40, size=(workloads, dimensions))
    ones = np.ones(1, dtype=np.int64)
    return Instance(demands, np.full((1, dimensions), 100), ones, -ones, tuple(f"d{k}" for k in range(dimensions)))


def facts(result: Result) -> tuple[object, ...]:
    """Everything about a result but its timing."""
    proof = None if result.certificate is None else (result.certificate.prices.tobytes(), result.certificate.most)
    return (
        result.assignment.tobytes(), result.host_types.tobytes(), result.cost, result.bound, result.termination,
        result.path, result.method, result.seed, result.work, proof,
    )  # fmt: skip


def plan_facts(answer: calc.Assessment) -> list[tuple[object, ...]]:
    found = []
    for pool in answer.pools:
        failover = None if pool.plan.failover is None else facts(pool.plan.failover)
        found.append((pool.name, pool.rows.tobytes(), pool.plan.assignment.tobytes(), pool.plan.host_types.tobytes(),
                      pool.plan.bound, pool.plan.proof, facts(pool.plan.normal), failover))  # fmt: skip
    return found


def estate(pools: int, each: int, systems: tuple[str, ...] = ("",)) -> calc.Inventory:
    rng = np.random.default_rng(5)
    rows = [
        f"s{site}-{n},site{site},{rng.integers(2, 24)},{rng.integers(4, 200)},{rng.integers(3, 60)}%,"
        f"{systems[n % len(systems)]}"
        for site in range(pools)
        for n in range(each)
    ]
    header = "hostname,site,cores,memory_gib,cpu_p95,os"
    return calc.read_inventory("\n".join([header, *rows]).encode(), name="made.csv")


def kill_worker(cluster: Any) -> int:
    """One worker process of the cluster, by its number; the cluster starts another."""
    victim = int(next(iter(cluster.workers.values())).process.process.pid)
    os.kill(victim, signal.SIGKILL)
    return victim


def test_answers_come_in_order_and_few_are_under_way() -> None:
    taken, most, under_way, lock = [], 0, 0, threading.Lock()

    def slow_first(number: int) -> int:
        nonlocal most, under_way
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.2 if number == 0 else 0.0)
        with lock:
            under_way -= 1
        return number * 10

    def items() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(8) as pool:
        answers = in_order(pool, slow_first, items(), ahead=4)
        assert next(answers) == 0
        assert len(taken) <= 5  # a generator is not read ahead further than that
        assert list(answers) == [10 * number for number in range(1, 20)]
    assert most <= 4


@pytest.mark.parametrize("away", [False, True])
def test_after_a_stop_nothing_is_handed_out(away: bool) -> None:
    begun: list[int] = []
    stop = threading.Event()

    def work(number: int) -> str:
        begun.append(number)
        if number == 2:
            stop.set()
        return f"full {number}"

    with ThreadPoolExecutor(1) as pool:
        answers = list(
            in_order(pool if away else None, work, range(50), ahead=3, should_stop=stop.is_set,
                     otherwise=lambda number: f"short {number}")
        )  # fmt: skip
    assert [answer.split()[1] for answer in answers] == [str(number) for number in range(50)]
    assert answers[0] == "full 0" and answers[-1] == "short 49"
    assert len(begun) <= 2 + 4
    assert list(in_order(None, halve, range(5), should_stop=lambda: True)) == []


def test_lost_processes_are_a_clear_error() -> None:
    with open_executor("processes:1") as pool, pytest.raises(ExecutorError, match="the result is the same"):
        list(in_order(pool, die, [3]))


def test_a_mistake_in_a_piece_is_its_own_error(processes: Executor) -> None:
    with pytest.raises(TypeError):
        list(in_order(processes, halve, ["two"]))  # type: ignore[list-item]


@pytest.mark.parametrize("where", ["processes", "dask"])
def test_what_cannot_be_sent_is_a_clear_error(where: str, request: pytest.FixtureRequest) -> None:
    """A solver that holds a lock can go nowhere; one within a function reaches no other process of this machine."""
    lock = threading.Lock()

    def first_fit(instance: Instance) -> tuple[np.ndarray, np.ndarray]:
        with lock:
            return np.arange(instance.size), np.zeros(instance.size, dtype=np.int64)

    answer = partial(calc.assess, estate(2, 6), calc.Scenario(effort="quick"), solver=first_fit)
    assert answer().hosts_after >= 12
    if where == "processes":
        with pytest.raises(InputError, match="top of a module"):
            answer(executor=request.getfixturevalue("processes"))
    else:
        with (
            open_executor(request.getfixturevalue("cluster").scheduler_address) as dask,
            pytest.raises(InputError, match="top of a module"),
        ):
            answer(executor=dask)


def test_a_worker_with_other_versions_is_refused(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    with open_executor(cluster.scheduler_address, said.append):
        pass
    assert said == [f"Work runs on 2 workers of the Dask scheduler at {cluster.scheduler_address}."]
    monkeypatch.setattr(room.platform, "python_version", lambda: "3.10.0")
    with pytest.raises(InputError, match=r"Python .* / 3\.10\.0"), open_executor(cluster.scheduler_address):
        pass


def start_dask(*words: str, folder: Path) -> subprocess.Popen[str]:
    """A scheduler or worker of its own that does not find this package."""
    free = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *words], cwd=folder, env=free, stderr=subprocess.PIPE, text=True
    )


def test_a_worker_without_the_package_and_a_scheduler_that_dies(tmp_path: Path) -> None:
    """As started by hand in the wrong folder; then the scheduler ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    scheduler = start_dask("scheduler", "--port", address.rsplit(":", 1)[1], "--no-dashboard", folder=tmp_path)
    worker = start_dask("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", folder=tmp_path)
    try:
        with distributed.Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(1, timeout=60)
            with pytest.raises(InputError, match=r"PYTHONPATH=\. dask worker"), open_executor(address):
                pass
            pieces = in_order(client.get_executor(), time.sleep, [0.0, 60.0])
            next(pieces)
            scheduler.kill()
            with pytest.raises(ExecutorError, match="the result is the same"):
                next(pieces)
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.communicate(timeout=30)


@pytest.mark.parametrize(
    ("word", "said"),
    [("processes:0", "processes:N"), ("http://host:1", "processes:N"), ("tcp://127.0.0.1:9", "dask scheduler")],
)
def test_the_command_line_refuses_an_executor_before_any_work(
    word: str, said: str, tiny_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(room, "_CONNECT_S", 1)
    out = tmp_path / "out"
    assert main(["assess", str(tiny_csv), "--out", str(out), "--executor", word]) == 2
    heard = capsys.readouterr()
    assert heard.err.startswith("error: ") and said in heard.err and word in heard.err
    assert not heard.out and not out.exists()


def test_the_command_line_says_where_work_runs_and_how_far_it_is(
    tiny_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "_TELL_S", 0.0)
    order = ["assess", str(tiny_csv), "--out", str(tmp_path)]
    assert main(order) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Work runs in this process."
    shares = [int(line.split("%")[0]) for line in lines if "packing onto" in line]
    assert shares and shares == sorted(shares)
    assert main([*order, "--executor", "processes:1"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "Work runs in 1 process of this machine." and any(line.startswith("100% ") for line in lines)


@pytest.mark.parametrize("word", ["", "process", "processes", "processes:0", "processes:x", "tcp", "http://host:1"])
def test_words_that_are_no_executor(word: str) -> None:
    with pytest.raises(InputError, match="processes:N"), open_executor(word):
        pass


def test_dask_that_is_not_installed_or_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_CONNECT_S", 1)
    with pytest.raises(InputError, match="dask scheduler"), open_executor("tcp://127.0.0.1:9"):
        pass
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="pip install distributed"), open_executor("tcp://127.0.0.1:9"):
        pass


def test_dask_is_not_imported_at_the_start() -> None:
    code = "import sys, calc, calc.cli; sys.exit('distributed' in sys.modules or 'dask' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_scheduler_without_workers() -> None:
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1") as empty,
        pytest.raises(InputError, match="no worker"),
        open_executor(empty.scheduler_address),
    ):
        pass


def test_a_round_is_a_pure_function() -> None:
    for instance, limit in ((random_instance(60, 1), 40_000_000), (random_instance(1500, 2), 400_000_000)):
        core = presolve(instance)
        state = State(Plan.of(_first(core)), best_bound(core))
        for number in range(2):  # the second starts from goals and columns that the first left
            piece = Piece(core, state, seed_of(1, 0, number), limit)
            given = pickle.dumps(piece)
            here = advance(piece)
            there = advance(pickle.loads(given))
            assert pickle.dumps(piece.state.plan) == pickle.dumps(pickle.loads(given).state.plan)
            again = advance(piece)
            for other in (there, again):
                assert other.plan.assignment.tolist() == here.plan.assignment.tolist()
                assert (other.spent, other.turn, other.ended, other.bound) == (
                    here.spent, here.turn, here.ended, here.bound
                )  # fmt: skip
            state = here


def test_seeds_depend_on_place_alone() -> None:
    seeds = {seed_of(seed, line, turn) for seed in range(3) for line in range(3) for turn in range(20)}
    assert len(seeds) == 180 and all(0 <= seed < 2**63 for seed in seeds)


def test_restarts_are_never_worse_and_the_same_everywhere(processes: Executor, cluster: Any) -> None:
    instance = random_instance(120, 4, dimensions=3)
    one = solve(instance, 30_000_000)
    alone = solve(instance, 30_000_000, engine=Engine(restarts=3))
    assert alone.cost <= one.cost and alone.work > one.work
    with open_executor(cluster.scheduler_address) as dask:
        for executor in (processes, dask):
            assert facts(solve(instance, 30_000_000, engine=Engine(executor, 3))) == facts(alone)
    with pytest.raises(ValueError, match="at least 1"):
        Engine(restarts=0)


def test_the_result_says_which_path_it_took() -> None:
    hard = random_instance(100, 4, dimensions=6)
    assert solve(hard, 1_000_000).path is SearchPath.WORK
    assert solve(hard, 30_000_000).path is SearchPath.LINEAR
    cut = solve(hard, 30_000_000, should_stop=lambda: True)
    assert cut.path is SearchPath.CLOCK and cut.termination is Termination.STOPPED and not cut.reproducible


def test_one_process_two_processes_and_dask_with_a_worker_killed(processes: Executor, cluster: Any) -> None:
    inventory, scenario = estate(9, 70), calc.Scenario()
    alone = calc.assess(inventory, scenario)
    assert len(alone.pools) == 9
    assert plan_facts(calc.assess(inventory, scenario, executor=processes)) == plan_facts(alone)
    killed: list[int] = []

    def kill_one(share: float, message: str) -> None:
        if not killed and share < 0.5:
            killed.append(kill_worker(cluster))

    with open_executor(cluster.scheduler_address) as dask:
        on_dask = calc.assess(inventory, scenario, limits=calc.Limits(on_progress=kill_one), executor=dask)
    assert killed, "the worker was not killed midway"
    assert plan_facts(on_dask) == plan_facts(alone)
    assert on_dask.placement.equals(alone.placement) and on_dask.comparison == alone.comparison


def test_a_simulation_is_the_same_in_one_process_and_two(processes: Executor) -> None:
    answer = calc.assess(estate(2, 30))
    alone, spread = build_model(answer, plans=4), build_model(answer, plans=4, executor=processes)
    assert alone.calibration == spread.calibration and alone.calibration.plans == 4
    shares: list[float] = []
    one = simulate(alone, 300)
    two = simulate(spread, 300, executor=processes, on_progress=shares.append)
    assert one.draws.equals(two.draws) and one.values.equals(two.values) and (one.cumulative == two.cumulative).all()
    assert len(one.draws) == 300 and shares == sorted(shares) and shares[-1] == 1.0


def side_by_side(executor: Executor | None, answer: calc.Assessment) -> list[object]:
    """Everything that plans several scenarios, as comparable values."""
    inventory, scenario = answer.inventory, answer.scenario
    found = compare_alternatives(answer, executor=executor)
    platforms, _ = compare_hypervisors(
        inventory, scenario, ("kvm", "virtualbox"), same_workloads=True, executor=executor
    )
    spares, _ = failover_options(inventory, scenario, (0, 1), executor=executor)
    licences = compare_licence_plans(answer, executor=executor)
    assert licences is not None
    tables = (found.table(), found.crossings(), platforms, spares, licences.table, licences.products)
    hosts = [entry.case.home.tolist() for entry in found.entries]
    return [*(table.to_csv() for table in tables), hosts, found.in_cloud.tolist(), found.skipped]


@pytest.mark.parametrize("racks", [None, 3])
def test_alternatives_and_scenarios_are_the_same_everywhere(
    processes: Executor, cluster: Any, racks: int | None
) -> None:
    """A worker of the scheduler is killed on the way."""
    scenario = calc.Scenario(
        effort="quick",
        racks=racks,
        host_types=("dl320-g11-32c-256", "dl380-g11-64c-1024"),
        rhel_subscription="standard",
    )
    answer = calc.assess(estate(2, 10, systems=("RHEL 9", "Ubuntu 22.04")), scenario)
    alone = side_by_side(None, answer)
    assert len(alone[0].splitlines()) == 12 + 1  # type: ignore[attr-defined]
    assert side_by_side(processes, answer) == alone
    killed: list[int] = []

    def kill_one(share: float, text: str) -> None:
        if not killed and share > 0.1:
            killed.append(kill_worker(cluster))

    with open_executor(cluster.scheduler_address) as dask:
        assert side_by_side(dask, answer) == alone
        again = compare_alternatives(answer, executor=dask, on_progress=kill_one)
    assert killed, "the worker was not killed midway"
    assert again.table().to_csv() == alone[0]


def test_processes_that_are_killed_midway_are_a_clear_error() -> None:
    """While alternatives are planned: an error that says so, and no waiting for ever."""
    answer = calc.assess(estate(3, 60), calc.Scenario(effort="quick"))
    with open_executor("processes:2") as pool:
        assert pool is not None
        list(in_order(pool, halve, range(4)))  # both run

        def kill_one(share: float, text: str) -> None:
            for victim in pool._processes.values():  # type: ignore[attr-defined]
                os.kill(victim.pid, signal.SIGKILL)

        with pytest.raises(ExecutorError, match="the result is the same"):
            compare_alternatives(answer, executor=pool, on_progress=kill_one)


def test_several_scenarios_are_answered_as_each_alone(processes: Executor) -> None:
    """In their order, a scenario of several pools and one of a single pool among them."""
    inventory = estate(2, 15)
    scenarios = [
        calc.Scenario(failover_hosts=failures, pool_by=pool_by, effort="quick")
        for failures in (0, 2)
        for pool_by in ((), ("site",))
    ]
    each = [plan_facts(calc.assess(inventory, scenario)) for scenario in scenarios]
    assert {len(pools) for pools in each} == {1, 2}
    for executor in (None, processes):
        answers = list(assess_several(inventory, scenarios, executor=executor))
        assert [answer.scenario for answer in answers] == scenarios
        assert [plan_facts(answer) for answer in answers] == each
    assert list(assess_several(inventory, [])) == []


@pytest.mark.parametrize("away", [False, True])
def test_a_stop_still_gives_every_alternative(processes: Executor, away: bool) -> None:
    """What has no plan yet gets its first one here."""
    answer = calc.assess(estate(2, 40), calc.Scenario(effort="quick"))
    whole = compare_alternatives(answer)
    stop = threading.Event()
    limits = calc.Limits(should_stop=stop.is_set)
    found = compare_alternatives(
        answer, limits=limits, on_progress=lambda share, text: stop.set(), executor=processes if away else None
    )
    assert [entry.name for entry in found.entries] == [entry.name for entry in whole.entries]
    assert all(entry.hosts > 0 for entry in found.entries if entry.kind == "consolidate")


def test_a_time_limit_holds_for_all_alternatives_together() -> None:
    answer = calc.assess(calc.read_inventory(hard_to_pack(150), name="hard.csv"), calc.Scenario(effort="quick"))
    deep = replace(answer, scenario=answer.scenario.varied(effort="deep"))
    began = time.monotonic()
    found = compare_alternatives(deep, limits=calc.Limits(time_limit_s=1.0))
    assert len(found.entries) > 8
    assert time.monotonic() - began < 30  # deep effort would take minutes


def test_a_stop_still_gives_a_plan_for_every_pool(processes: Executor) -> None:
    stop = threading.Event()
    limits = calc.Limits(should_stop=stop.is_set, on_progress=lambda share, message: stop.set())
    answer = calc.assess(estate(6, 40), limits=limits, executor=processes)
    assert len(answer.pools) == 6 and answer.unplaced.empty and answer.survives


def test_a_solver_of_ones_own_is_checked_and_bounded_by_ours() -> None:
    def one_each(instance: Instance) -> tuple[np.ndarray, np.ndarray]:
        return np.arange(instance.size), np.zeros(instance.size, dtype=np.int64)

    def all_on_one(instance: Instance) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(instance.size, dtype=np.int64), np.zeros(1, dtype=np.int64)

    instance = random_instance(12, 3)
    ours = solve(instance, Effort.QUICK)
    theirs = solve(instance, engine=Engine(solver=one_each))
    assert theirs.hosts == 12 and theirs.termination is Termination.OWN_SOLVER and "one_each" in theirs.method
    assert theirs.bound is not None and ours.bound is not None and theirs.bound.value <= ours.cost
    for wrong in (all_on_one, lambda instance: None, lambda instance: (np.zeros(3), np.zeros(1))):
        with pytest.raises(InputError, match="your own solver"):
            solve(instance, engine=Engine(solver=wrong))
    answer = calc.assess(estate(1, 20), solver=one_each)
    assert answer.hosts_after >= 20 and answer.survives and answer.lower_bound is not None
