"""Commands about operation: ``recover``, ``migrate`` and ``backtest``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

from calc.assessment import Assessment, assess
from calc.backtest import HostSize, back_test, choose_percentile
from calc.backtest.reading import read_history
from calc.cli_options import add_executor, add_reading, day, positive, read_files, share, share_or_none, tell, whole
from calc.errors import InputError
from calc.executor import open_executor
from calc.language import say, stored
from calc.migration import MigrationRules, dated_money, plan_migration
from calc.recovery import headroom, item_priority, loaded_pools, prove, restart_tiers, survive_racks
from calc.report import counts
from calc.report.bundle import safe_text
from calc.scenario import Scenario

COMMANDS = ("recover", "migrate", "backtest")


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parsers of these commands."""
    recover = commands.add_parser("recover", help="fail every host and list where each workload goes")
    recover.add_argument(
        "--failures", type=int, choices=(1, 2), help="hosts that fail at once (default: the scenario's)"
    )
    recover.add_argument(
        "--racks",
        type=whole(2),
        metavar="N",
        help="also fail each of N racks (default: the scenario's), adding hosts where needed",
    )
    migrate = commands.add_parser("migrate", help="waves with dates, lifecycle of hosts and servers")
    migrate.add_argument("--start", type=day, required=True, metavar="YYYY-MM-DD", help="day hosts can be ordered from")
    migrate.add_argument("--people", type=positive, metavar="N", help="people in a window")
    migrate.add_argument("--window-hours", type=positive, metavar="H", help="length of a window")
    migrate.add_argument("--link-mbps", type=positive, metavar="M", help="speed at which data is copied")
    for parser in (recover, migrate):
        parser.add_argument("inventory", nargs="+", metavar="INVENTORY", help="CSV or XLSX, as for assess")
        parser.add_argument("--scenario", metavar="FILE.toml", help="settings; every one has a default")
        add_reading(parser)
        add_executor(parser)
        parser.add_argument("--out", required=True, metavar="DIR", help="folder for the tables")
    test = commands.add_parser("backtest", help="plan on a part of a history, replay the rest")
    test.add_argument("history", metavar="HISTORY.csv[.gz]", help="workload, hour, cpu_mean, cpu_max, memory_gib")
    test.add_argument("--host-cpu", type=positive, required=True, metavar="C", help="CPU of a host, in the file's unit")
    test.add_argument("--host-memory", type=positive, required=True, metavar="GIB", help="memory of a host")
    test.add_argument("--train-days", type=whole(1), required=True, metavar="D", help="days that are planned on")
    test.add_argument("--ceiling", type=share, metavar="SHARE", help="share of CPU that may be planned (a scenario's)")
    test.add_argument(
        "--risk", type=share_or_none, metavar="SHARE", help="choose the percentile that keeps this risk, e.g. 0.001"
    )


def run(options: argparse.Namespace) -> int:
    """Run one of `COMMANDS`.

    Returns
    -------
    int
        0, or 1 where a failure that the plan promises to survive is not survived.

    Raises
    ------
    InputError
        For input nobody could use.
    ExecutorError
        When the processes or machines of ``--executor`` were lost.
    """
    if options.command == "backtest":
        return _backtest(options)
    scenario = Scenario.from_toml_file(options.scenario) if options.scenario else Scenario()
    inventory = read_files(options)
    with open_executor(options.executor, tell) as executor:
        answer = assess(inventory, scenario, executor=executor)
    return _recover(answer, options) if options.command == "recover" else _migrate(answer, options)


def _write(folder: str, tables: dict[str, pd.DataFrame]) -> None:
    out = Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        safe_text(table).to_csv(out / name, index=False)
    print(f"Tables: {out}", file=sys.stderr)


def _recover(answer: Assessment, options: argparse.Namespace) -> int:
    failures = options.failures or max(1, answer.scenario.failover_hosts)
    tiers = restart_tiers(answer)
    cases, moves, passed, total = [], [], 0, 0
    for loaded in loaded_pools(answer):
        proof = prove(loaded, failures, priority=item_priority(loaded, tiers), seed=answer.scenario.seed)
        cases.append(proof.table(loaded))
        moves.append(proof.moves(loaded))
        passed, total = passed + proof.passed, total + len(proof.cases)
    tables = {"headroom.csv": headroom(answer), "restart_tiers.csv": tiers}
    if cases:
        tables["failures.csv"] = pd.concat(cases, ignore_index=True)
        tables["failover_moves.csv"] = pd.concat(moves, ignore_index=True)
    if total:
        print(
            f"{passed} of {total} failures of {failures} host{'s' if failures > 1 else ''} find a place for everything."
        )
    else:
        print("No workload is placed on a host: there is nothing to fail.")
    print(
        say(
            "{guessed:,} of {count:,} restart priorities are guessed from the role: no column says them.",
            guessed=int(tiers["guessed"].sum()),
            count=len(tiers),
        )
    )
    held = passed == total
    racks = options.racks or answer.scenario.racks
    if racks:
        plans = survive_racks(answer, racks)
        added = sum(len(plan.added) for plan in plans)
        held_racks = all(plan.proof.holds for plan in plans)
        print(
            f"Any one of {racks} racks: {'survived' if held_racks else 'not survived'}"
            + (f" with {added} host{'s' if added > 1 else ''} added." if added else ".")
        )
        rows = [(rack, host) for plan in plans for rack, hosts in plan.racks.items() for host in hosts]
        tables["racks.csv"] = pd.DataFrame(rows, columns=["rack", "host"])
    _write(options.out, tables)
    promised = (held or failures > answer.scenario.failover_hosts) and answer.survives
    return 0 if promised else 1


def _migrate(answer: Assessment, options: argparse.Namespace) -> int:
    given = {"people": options.people, "window_h": options.window_hours, "link_mbps": options.link_mbps}
    rules = MigrationRules(options.start, **{name: value for name, value in given.items() if value is not None})
    plan = plan_migration(answer, rules)
    running = pd.DataFrame(
        plan.still_running(answer.scenario.horizon_years),
        columns=[f"year_{year + 1}" for year in range(answer.scenario.horizon_years)],
    )
    running.insert(0, "server", plan.servers["server"])
    dated = dated_money(answer, plan)
    _write(
        options.out,
        {
            "migration_waves.csv": plan.waves,
            "migration_workloads.csv": plan.workloads,
            "migration_hosts.csv": plan.hosts,
            "migration_servers.csv": plan.servers,
            "migration_left_behind.csv": plan.left_behind,
            "migration_ramp.csv": running,
            "migration_months.csv": dated.months,
        },
    )
    (Path(options.out) / "scenario_dated.toml").write_text(dated.scenario.to_toml(), encoding="utf-8")
    survives = bool(plan.waves["survives"].all())
    print(
        f"{len(plan.waves)} waves from {plan.waves['date'].iloc[0]} to {plan.waves['date'].iloc[-1]}; the last server is gone "
        f"on {plan.finished}. "
        + ("What has moved survives a failure after every wave." if survives else "Half-way a failure is not survived.")
    )
    if len(plan.left_behind):
        print(counts.left_behind(len(plan.left_behind)))
    before, after, currency = answer.comparison, dated.comparison, answer.scenario.currency
    print(
        say(
            "With these dates the net present value is {npv:,.0f} {currency} ({estimated:,.0f} with the estimated ramp); "
            "assess with scenario_dated.toml counts them.",
            npv=after.npv,
            currency=currency,
            estimated=before.npv,
        )
    )
    return 0 if survives else 1


def _backtest(options: argparse.Namespace) -> int:
    try:
        data = Path(options.history).read_bytes()
    except OSError as error:
        raise InputError(
            stored("cannot read {history}: {strerror}", history=options.history, strerror=error.strerror)
        ) from None
    history, filled = read_history(data, Path(options.history).name)
    days = history.hours // 24
    if options.train_days >= days:
        raise InputError(
            stored(
                "--train-days {days}: the history holds {held} days; plan on fewer, so that one is left to replay",
                days=options.train_days,
                held=days,
            )
        )
    host = HostSize(options.host_cpu, options.host_memory)
    percentile, margin = 1.0, 1.0
    ceiling = Scenario().cpu_ceiling if options.ceiling is None else options.ceiling
    found: dict[str, object] = {"workloads": len(history.names), "hours": history.hours, "filled_readings": filled}
    if options.risk is not None:
        choice = choose_percentile(history.part(0, options.train_days * 24), host, options.risk, ceiling=ceiling)
        percentile, margin = choice.percentile, choice.margin
        found["risk"] = {
            "allowed": choice.allowed,
            "met": choice.met,
            "percentile": percentile,
            "margin": margin,
            "frontier": choice.frontier.to_dict("records"),
        }
    test = back_test(history, host, options.train_days * 24, percentile=percentile, margin=margin, ceiling=ceiling)
    found["replays"] = test.table.to_dict("records")
    print(json.dumps(found, indent=2, default=lambda value: value.item()))
    return 0
