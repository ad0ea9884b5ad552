"""Six slides with native charts: the answer for a meeting, to be edited like any other slides."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
from pptx.enum.chart import XL_CHART_TYPE, XL_TICK_LABEL_POSITION

from calc.costs.cashflow import per_year
from calc.language import language as in_use
from calc.language import local, say, say_many, using
from calc.report import proof_words, words
from calc.report.charts import BASELINE, TARGET
from calc.report.content import Content
from calc.report.deck import BLUE, SOFT, Deck, fitting
from calc.report.figures import SIDE_NAMES, day, money, number, percent, sentence
from calc.report.sections import tiles

_POOLS = 8
_BINS = 20


def slides(content: Content, *, language: str | None = None, dated: date | None = None) -> bytes:
    """The assessment as a PowerPoint deck.

    Parameters
    ----------
    content : Content
        From `calc.report.content.gather`.
    language : str, optional
        Key of `calc.language.LANGUAGES`; the one in use by default.
    dated : date, optional
        Date on the first slide; today by default.

    Returns
    -------
    bytes
        A .pptx file.
    """
    with using(language or in_use()):
        deck = Deck()
        _answer(deck, content, dated or date.today())
        _hardware(deck, content)
        _proof(deck, content)
        _money(deck, content)
        _range(deck, content)
        _decision(deck, content)
        return deck.saved()


def _unit(values: Sequence[float]) -> tuple[float, str]:
    """(divisor, name) in which amounts are read most easily on an axis."""
    most = max(map(abs, values), default=0.0)
    if in_use() == "ko":
        return (1e8, say("hundred millions")) if most >= 1e9 else (1e4, say("ten thousands"))
    return (1e6, say("millions")) if most >= 1e6 else (1e3, say("thousands"))


def _digits(values: Iterable[float]) -> int:
    """Decimals that an axis needs."""
    return 0 if max(map(abs, values), default=0.0) >= 20 else 1


def _pattern(values: Iterable[float]) -> str:
    return "#,##0.0" if _digits(values) else "#,##0"


def _answer(deck: Deck, content: Content, dated: date) -> None:
    a = content.assessment
    deck.add(words.hosts_line(a))
    names = ", ".join(source.name for source in a.inventory.sources)
    deck.text(
        [say("Assessment of {names}, {day}", names=names, day=day(dated))], 0.6, 1.25, 12, 0.4, size=14, colour=SOFT
    )
    size = min(fitting(value, 2.9, (28, 24, 20)) for _, value, _ in tiles(content))
    for index, (what, value, more) in enumerate(tiles(content)):
        x = 0.6 + index * 3.08
        deck.text([what], x, 1.95, 2.9, 0.4, size=14, colour=SOFT)
        deck.text([value], x, 2.35, 2.9, 0.75, size=size, bold=True, colour=BLUE)
        deck.text([more], x, 3.1, 2.9, 0.8, size=12, colour=SOFT)
    told = [
        words.proof_line(a),
        words.survival_line(a),
        *words.racks_line(a),
        words.decision_line(a),
        words.doubt_line(a),
    ]
    deck.text(told, 0.6, 4.05, 12.1, 2.9, size=16)


def _hardware(deck: Deck, content: Content) -> None:
    a = content.assessment
    pairs = [
        (say("Machines"), a.before.servers, a.after.servers, 0),
        (say("Physical cores"), a.before.cores, a.after.cores, 0),
        (say("Rack units"), a.before.rack_units, a.after.rack_units, 0),
        (say("Power, kW"), a.before.power_kw, a.after.power_kw, 1),
    ]
    less = 1 - a.after.power_kw / a.before.power_kw if a.before.power_kw else 0.0
    machines = say_many("{count:,} machine", "{count:,} machines", a.after.servers)
    deck.add(
        say("The data centre afterwards: {machines}, {less} less power", machines=machines, less=percent(less))
        if less >= 0
        else say("The data centre afterwards: {machines}, {more} more power", machines=machines, more=percent(-less))
    )
    shares = [after / before if before else 0.0 for _, before, after, _ in pairs]
    chart = deck.chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED,
        [title for title, *_ in pairs],
        [(say("Today"), [1.0] * 4, BASELINE), (say("Plan"), shares, TARGET)],
        (0.6, 1.5, 7.2, 5.3),
        "; ".join(
            f"{title}: {number(before, digits)} → {number(after, digits)}" for title, before, after, digits in pairs
        ),
        labels="0%",
        axis="0%",
    )
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0, 1.2 * max(1.0, *shares)  # room for the labels
    rows = [[say("What"), say("Today"), say("Plan")]]
    rows += [[title, number(before, digits), number(after, digits)] for title, before, after, digits in pairs]
    deck.table(rows, 8.1, 1.9, [2.2, 1.2, 1.2])
    if a.servers_retained:
        deck.text([say("Servers that stay: {n:,}.", n=a.servers_retained)], 8.1, 4.1, 4.6, 0.6, size=13, colour=SOFT)


def _proof(deck: Deck, content: Content) -> None:
    a = content.assessment
    if a.gap is None:
        title = say("What is proven about the plan")
    elif a.is_optimal:
        title = say("Proven: no plan needs less for these demands and rules")
    else:
        title = say("Proven to within {gap} of the best possible", gap=percent(a.gap, 1))
    deck.add(title)
    rows = [[say("Pool"), say("Workloads"), say("Hosts"), say("Bound"), say("Failures that hold")]]
    for pool in a.pools[:_POOLS]:
        proof, bound = pool.plan.proof, pool.hosts_bound
        rows.append(
            [
                pool.name,
                number(len(pool.rows)),
                number(len(pool.plan.host_types)),
                "–" if bound is None else number(bound.value),
                "–" if proof is None else say("{passed:,} of {cases:,}", passed=proof.passed, cases=proof.cases),
            ]
        )
    deck.table(rows, 0.6, 1.6, [4.9, 1.7, 1.5, 1.5, 2.4])
    below = 1.9 + 0.36 * len(rows)
    more = [say("… and {n:,} more pools in the workbook.", n=len(a.pools) - _POOLS)] if len(a.pools) > _POOLS else []
    deck.text(
        [*more, words.proof_line(a), words.survival_line(a), *words.racks_line(a)], 0.6, below, 12.1, 1.3, size=16
    )
    if len(rows) <= _POOLS // 2 + 1:  # else the pools take the room
        deck.text(proof_words.proven_lines(a), 0.6, below + 1.45, 12.1, 5.3 - below, size=12, colour=SOFT)


def _money(deck: Deck, content: Content) -> None:
    a = content.assessment
    c, currency, years = a.comparison, a.scenario.currency, a.scenario.horizon_years
    amount = words.amount(abs(c.savings), currency)
    title = (
        say_many(
            "Consolidating saves {amount} over {count} year",
            "Consolidating saves {amount} over {count} years",
            years,
            amount=amount,
        )
        if c.savings >= 0
        else say_many(
            "Consolidating costs {amount} more over {count} year",
            "Consolidating costs {amount} more over {count} years",
            years,
            amount=amount,
        )
    )
    deck.add(title)
    totals = {side: np.cumsum(per_year(a.flows[side])).tolist() for side in ("baseline", "target")}
    divisor, unit = _unit([value for own in totals.values() for value in own])
    series = [
        (local(SIDE_NAMES[side]), [value / divisor for value in totals[side]], colour)
        for side, colour in (("baseline", BASELINE), ("target", TARGET))
    ]
    described = say(
        "Cumulative cost: keeping reaches {keep}, consolidating {plan}",
        keep=money(c.tco_baseline, currency),
        plan=money(c.tco_target, currency),
    )
    labels = [say("Year {n}", n=year) for year in range(years + 1)]
    deck.chart(
        XL_CHART_TYPE.LINE_MARKERS, labels, series, (0.6, 1.75, 8.0, 5.2), described, axis=_pattern(series[1][1])
    )
    deck.text(
        [say("Cumulative cost, {currency} {unit}", currency=currency, unit=unit)],
        0.6,
        1.4,
        8,
        0.4,
        size=12,
        colour=SOFT,
    )
    deck.text([words.money_line(a), words.baseline_line(a)], 8.9, 1.75, 3.9, 3.1, size=13)
    deck.text([words.excluded_line(a)], 8.9, 4.9, 3.9, 2.0, size=10, colour=SOFT)


def _range(deck: Deck, content: Content) -> None:
    currency = content.assessment.scenario.currency
    simulation = content.simulation
    if simulation is None:
        deck.add(say("How sure the money is"))
        deck.text(
            [say("No range was worked out: the plan has no host to price, or the business case was not asked for.")],
            0.6,
            1.8,
            12,
            1,
        )
        return
    q = simulation.quantiles().loc["npv"]
    deck.add(
        say("In {share} of the draws the net present value is positive", share=percent(simulation.probability_positive))
        if simulation.probability_positive
        else say("In none of the draws is the net present value positive")
    )
    npv = simulation.draws["npv"].to_numpy(float)
    divisor, unit = _unit(npv.tolist())
    counts, edges = np.histogram(npv, bins=_BINS)
    digits = _digits(npv / divisor)
    middles = [number((one + two) / 2 / divisor, digits) for one, two in itertools.pairwise(edges.tolist())]
    middles = [label if index % 3 == 1 else "" for index, label in enumerate(middles)]  # every third has room
    named = "; ".join(f"{name} {words.amount(float(q[name]), currency)}" for name in ("P10", "P50", "P90"))
    chart = deck.chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED,
        middles,
        [(say("Draws"), [int(count) for count in counts], TARGET)],
        (0.6, 1.75, 8.6, 5.2),
        say("Net present value in {draws:,} draws: {marks}", draws=len(npv), marks=named),
        legend=False,
    )
    chart.plots[0].gap_width = 12
    chart.category_axis.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    deck.text(
        [say("Number of draws by net present value, {currency} {unit}", currency=currency, unit=unit)],
        0.6,
        1.4,
        8.6,
        0.4,
        size=12,
        colour=SOFT,
    )
    rows = [["", say("Net present value")]] + [
        [name, money(float(q[name]), currency)] for name in ("P10", "P50", "P90")
    ]
    deck.table(rows, 9.5, 1.9, [1.2, 2.1])
    deck.text(
        [say("{draws:,} draws of every uncertain input within its published range.", draws=len(npv))],
        9.5,
        3.7,
        3.3,
        1.2,
        size=12,
        colour=SOFT,
    )


def _decision(deck: Deck, content: Content) -> None:
    a, d = content.assessment, content.decision
    currency = a.scenario.currency
    if d is None:
        deck.add(say("What to do"))
        deck.text([words.decision_line(a), words.doubt_line(a)], 0.6, 1.6, 12, 4, size=16)
        return
    deck.add(say("Decision: {verdict}", verdict=local(d.verdict)))
    deck.text([f"{sentence(local(d.reason))}."], 0.6, 1.3, 12.1, 0.9, size=14)
    top = d.measure_next.head(8)
    if len(top):
        divisor, unit = _unit(top["effect"].tolist())
        values = [float(value) / divisor for value in top["effect"]][::-1]
        names = [local(title) for title in top["title"]][::-1]
        deck.text(
            [
                say(
                    "What to measure next: what each guess moves the net present value by, {currency} {unit}",
                    currency=currency,
                    unit=unit,
                )
            ],
            0.6,
            2.2,
            12,
            0.4,
            size=12,
            colour=SOFT,
        )
        described = "; ".join(f"{local(row.title)}: {words.amount(row.effect, currency)}" for row in top.itertuples())
        deck.chart(
            XL_CHART_TYPE.BAR_CLUSTERED,
            names,
            [(say("Effect"), values, TARGET)],
            (0.6, 2.55, 12.1, 4.4),
            described,
            labels=_pattern(values),
            axis=_pattern(values),
            legend=False,
        ).plots[0].gap_width = 60
