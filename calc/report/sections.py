"""The sections of the document, from the summary to how to reproduce it."""

from __future__ import annotations

import numpy as np

from calc.assessment import Assessment
from calc.costs.carbon import carbon_table
from calc.costs.cashflow import ROI_FORMULA
from calc.costs.fleet import LINES
from calc.costs.ledger import resting_on
from calc.html import Markup, bullets, element, figure, paragraph, section, table
from calc.language import local, say, say_many
from calc.report import drawings, proof_words, words
from calc.report.assumption_rows import assumption_rows
from calc.report.content import Content
from calc.report.figures import ORIGIN_NAMES, SIDE_NAMES, money, number, percent, sentence
from calc.report.money_sheets import line_name
from calc.report.tables import waterfall_table
from calc.saving import reference_sha256
from calc.scenario import Scenario

_SHOWN = 12


def tiles(content: Content) -> list[tuple[str, str, str]]:
    """The four figures of the answer: what, figure, and the proof or doubt beside it."""
    a = content.assessment
    c, currency, years = a.comparison, a.scenario.currency, a.scenario.horizon_years
    bound = say("no bound") if a.hosts_lower_bound is None else say("at least {n:,} proven", n=a.hosts_lower_bound)
    npv_more = say("at {rate} a year", rate=percent(a.scenario.discount_rate, 1))
    if content.simulation is not None:
        q = content.simulation.quantiles().loc["npv"]
        low, high = (words.amount(q[name], currency) for name in ("P10", "P90"))
        # A line ends between the two, and nowhere else.
        npv_more = say("P10 {low}, P90 {high}", low=low, high=high).replace(" ", "\u00a0").replace(",\u00a0", ", ")
    saved = (
        say_many("Saving over {count} year", "Saving over {count} years", years)
        if c.savings >= 0
        else say_many("Extra cost over {count} year", "Extra cost over {count} years", years)
    )
    within = say_many("within {count} year", "within {count} years", years)
    return [
        (say_many("Hosts for {count:,} server", "Hosts for {count:,} servers", a.before.servers), number(a.hosts_after), bound),
        (saved, words.amount(abs(c.savings), currency), say_many("against keeping; {count:,} input assumed", "against keeping; {count:,} inputs assumed", a.assumed_count)),
        (say("Net present value"), words.amount(c.npv, currency), npv_more),
        (say("Payback"), words.months(c.payback_months), within if c.payback_months is None else say("until the investment is earned back")),
    ]  # fmt: skip


def summary(content: Content) -> Markup:
    """One page: the answer, its proof, its doubt, and what to do."""
    a = content.assessment
    boxes = [
        element("div", element("div", what, cls="what"), element("div", value, cls="figure"), element("div", more, cls="more"), cls="tile")
        for what, value, more in tiles(content)
    ]  # fmt: skip
    decision = words.decision_line(a)
    advice = [paragraph(decision)]
    if content.alternatives is not None:
        best = content.alternatives.recommended
        advice.append(paragraph(say("Of the alternatives, the least present cost has: {name}.", name=local(best.name))))
    return Markup(
        element("h2", say("Summary"))
        + element("div", *boxes, cls="tiles")
        + paragraph(f"{words.hosts_line(a)}. {words.proof_line(a)}", cls="lead")
        + element("h3", say("Does it hold?"))
        + paragraph(_holds(a))
        + element("h3", say("What to do"))
        + "".join(advice)
        + element("h3", say("What changes in the data centre"))
        + figure(drawings.hardware(a), say("Today and the plan; servers that stay are in both."))
        + paragraph(words.doubt_line(a), " ", words.excluded_line(a), cls="small")
    )


def _sign_off() -> Markup:
    """Where those put their names who stand for it: below the digests of the files that it is the answer to."""
    heads = [say("Role"), say("Name"), say("Date"), say("Signature")]
    rows = [(role, "", "", "") for role in (say("Prepared by"), say("Checked by"), say("Approved by"))]
    return element("div", element("h3", say("Sign-off")), table(heads, rows, cls="sign"), cls="together")


def _holds(a: Assessment) -> str:
    """What is proved about failures of hosts and of racks, and what the stated risk chose."""
    return " ".join((words.survival_line(a), *words.racks_line(a), *words.risk_line(a)))


def method(a: Assessment) -> Markup:
    """How the figures come about."""
    s = a.scenario
    chain = waterfall_table(a)
    return section(
        say("Method"),
        paragraph(say("Demand. Each server's CPU reading is turned into compute units that machines of different age share (SPECrate 2017 integer): utilisation × cores × score per core × statistic factor × growth × hypervisor overhead, each factor once.")),
        table([say("Step"), say("Compute units")], [(local(row.step), number(row.compute_units)) for row in chain.itertuples()], numbers=[1]),
        paragraph(say("Hosts. A host offers its capacity less the hypervisor's reserve, up to a ceiling: {normal} of CPU when all hosts run, {failed} after a failure, {memory} of memory. Workloads are packed so that CPU, memory, vCPUs and network fit at once and rules of placement hold.", normal=percent(s.cpu_ceiling), failed=percent(s.cpu_ceiling_failover), memory=percent(s.memory_ceiling))),
        paragraph(say("Money. Yearly cash flows of keeping and of consolidating by the same rules: purchases in year 0, yearly costs at the end of the year, {rate} discount rate, {inflation} inflation, before tax.", rate=percent(s.discount_rate, 1), inflation=percent(s.inflation, 1))),
    )  # fmt: skip


def plan(a: Assessment) -> Markup:
    """Pools, hosts, bounds, and what stays."""
    rows = []
    for pool in a.pools:
        kinds: dict[str, int] = {}
        for kind in pool.plan.host_types:
            kinds[pool.types[int(kind)].name] = kinds.get(pool.types[int(kind)].name, 0) + 1
        bound = pool.hosts_bound
        rows.append(
            (
                pool.name,
                number(len(pool.rows)),
                ", ".join(f"{count} × {name}" for name, count in kinds.items()) or "–",
                number(len(pool.plan.host_types)),
                "–" if bound is None else number(bound.value),
                "–" if pool.plan.bound is None else local(pool.plan.bound.name),
            )
        )
    drawn = drawings.fill(a)
    stays = [(row.workload, row.server, local(row.reason)) for row in a.unplaced.head(_SHOWN).itertuples()]
    return section(
        say("Plan"),
        paragraph(words.hosts_line(a), ". ", words.proof_line(a)),
        table([say("Pool"), say("Workloads"), say("Host models"), say("Hosts"), say("Bound"), say("Argument of the bound")], rows, numbers=[1, 3, 4]),
        bullets(words.certificate_lines(a)),
        element("h3", say("What proven means")),
        bullets(proof_words.proven_lines(a)),
        figure(*drawn) if drawn else "",
        element("h3", say("What stays where it is")) if stays else "",
        table([say("Workload"), say("Server"), say("Reason")], stays) if stays else "",
        _more(len(a.unplaced)),
    )  # fmt: skip


def _more(count: int) -> str | Markup:
    if count <= _SHOWN:
        return ""
    return paragraph(say("… and {n:,} more in the workbook.", n=count - _SHOWN), cls="small")


def case(content: Content) -> Markup:
    """Cash flows, steps, range, alternatives, carbon."""
    a = content.assessment
    currency = a.scenario.currency
    c = a.comparison
    years = a.scenario.horizon_years
    rows = []
    for line in LINES:
        keep, target = (float(a.flows[side][line].sum()) for side in ("baseline", "target"))
        if keep or target:
            rows.append((line_name(line), number(keep), number(target), number(keep - target)))
    rows.append((say("Total"), number(c.tco_baseline), number(c.tco_target), number(c.savings)))
    roi = say("no investment") if c.roi is None else percent(c.roi)
    parts: list[object] = [
        paragraph(" ".join((words.money_line(a), *words.ramp_line(a), words.baseline_line(a)))),
        table([say_many("Over {count} year, {currency}", "Over {count} years, {currency}", years, currency=currency), local(SIDE_NAMES["baseline"]), local(SIDE_NAMES["target"]), say("Saving")], rows, numbers=[1, 2, 3], cls="sum"),
        paragraph(say("Return on investment {roi} = {formula}.", roi=roi, formula=ROI_FORMULA), " ", words.excluded_line(a), cls="small"),
        figure(drawings.cumulative(a), say("Cumulative cost of both sides, undiscounted.")),
        figure(drawings.saving_steps(a), say("From keeping to consolidating: what each step saves (−) or costs (+) over the horizon.")),
    ]  # fmt: skip
    if content.simulation is not None:
        simulation = content.simulation
        q = simulation.quantiles()
        shown = [
            (title, *(render(float(q.loc[key, p])) for p in ("P10", "P50", "P90")))
            for key, title, render in (
                ("npv", say("Net present value"), lambda value: money(value, currency)),
                ("savings", say("Saving"), lambda value: money(value, currency)),
                ("payback_months", say("Payback"), lambda value: words.months(None if np.isinf(value) else value)),
                ("hosts", say("Hosts"), number),
            )
        ]
        parts += [
            element("h3", say("Range")),
            paragraph(say("{draws:,} draws of every uncertain input within its published range. Share of them with a positive net present value: {positive}; with money saved: {saving}.", draws=len(simulation.draws), positive=percent(simulation.probability_positive), saving=percent(simulation.probability_saving))),
            table([say("Outcome"), "P10", "P50", "P90"], shown, numbers=[1, 2, 3]),
            figure(drawings.npv_range(content) or "", say("Net present value in all draws.")),
        ]  # fmt: skip
    tornado = drawings.tornado(content)
    if tornado:
        parts.append(figure(tornado, say("Net present value when one input alone goes from its low to its high.")))
    if content.alternatives is not None:
        parts += _alternatives(content, currency)
    parts.append(
        element(
            "div",
            element("h3", say("Carbon")),
            paragraph(
                say("Emissions in kg of CO₂ equivalent. What was made already is not counted again."), cls="small"
            ),
            _carbon(a),
            cls="together",
        )
    )
    return section(say("Money"), *parts)


def _alternatives(content: Content, currency: str) -> list[object]:
    assert content.alternatives is not None
    rows = [
        (
            f"{local(row.alternative)}{' ★' if row.recommended else ''}",
            number(row.hosts),
            number(row.workloads_in_cloud),
            number(row.present_cost),
            number(row.npv_against_stay),
            local(row.missing_prices) or "–",
        )
        for row in content.alternatives.table().itertuples()
    ]
    heads = [
        say("Alternative"),
        say("Hosts"),
        say("In the cloud"),
        say("Present cost, {currency}", currency=currency),
        say("NPV against staying, {currency}", currency=currency),
        say("Prices missing"),
    ]
    return [
        element("h3", say("Alternatives")),
        paragraph(
            say("★ has the least present cost of those whose prices are complete."),
            " ",
            sentence(local(content.alternatives.reason)),
            ".",
        ),
        table(heads, rows, numbers=[1, 2, 3, 4]),
    ]


def _carbon(a: Assessment) -> Markup:
    """Emissions by year: running both sides, making the new hosts, and the sums."""
    found = carbon_table({name: a.sides[name] for name in ("baseline", "target")}, a.scenario).set_index(
        ["side", "year"]
    )
    rows = []
    for year in range(a.scenario.horizon_years + 1):
        keep, target = found.loc[("baseline", year)], found.loc[("target", year)]
        rows.append(
            (
                str(year),
                *(number(float(value)) for value in (keep["operational_kg"], target["operational_kg"], target["embodied_kg"], keep["cumulative_kg"], target["cumulative_kg"])),
            )
        )  # fmt: skip
    heads = [
        say("Year"),
        say("Keep: energy"),
        say("Plan: energy"),
        say("Plan: making of hosts"),
        say("Keep: so far"),
        say("Plan: so far"),
    ]
    return table(heads, rows, numbers=range(1, 6))


def recovery(a: Assessment) -> Markup:
    """What is proved about failures, pool by pool."""
    rows = []
    for pool in a.pools:
        for proof, what in ((pool.plan.proof, say("host")), (pool.plan.rack_proof, say("rack"))):
            if proof is None:
                continue
            how = say("every combination") if proof.exhaustive else say("a seeded sample")
            fullest = f"{percent(proof.highest_use, 1)} ({local(proof.tightest)})" if proof.passed else "–"
            rows.append(
                (pool.name, f"{number(proof.failures)} × {what}", number(proof.cases), how, number(proof.passed), fullest)
            )  # fmt: skip
    heads = [
        say("Pool"),
        say("Failed at once"),
        say("Cases"),
        say("Tried"),
        say("Hold"),
        say("Fullest host in any case"),
    ]
    return section(
        say("Recovery"),
        paragraph(_holds(a)),
        table(heads, rows, numbers=[2, 4]) if rows else "",
        paragraph(say("In each case the workloads of the failed hosts were placed on the others, none of which moved, within the capacity that holds after a failure."), cls="small") if rows else "",
    )  # fmt: skip


def risks(content: Content) -> Markup:
    """What could make the answer wrong, what to measure next, what the estate shows."""
    a = content.assessment
    currency = a.scenario.currency
    shares = resting_on(a.ledger())
    lines: list[object] = [
        words.doubt_line(a),
        say("Share of the money by its weakest figure: {shares}.", shares=", ".join(f"{local(ORIGIN_NAMES[row.origin])} {percent(row.share)}" for row in shares.itertuples() if row.share > 0)),
        *([say("Rows of the inventory set aside: {n:,}. What they hold is not in the plan.", n=len(a.inventory.errors))] if a.inventory.errors else []),
        *([say_many("{count:,} server stays because one of its workloads does.", "{count:,} servers stay because one of their workloads does.", a.servers_retained)] if a.servers_retained else []),
        *([] if a.reproducible else proof_words.repeat_lines(a)),
    ]  # fmt: skip
    parts: list[object] = [bullets(lines)]
    if content.decision is not None:
        d = content.decision
        parts.append(
            paragraph(say("Decision: {verdict}. {reason}.", verdict=local(d.verdict), reason=sentence(local(d.reason))))
        )
        measure = [
            (local(row.title), words.amount(row.effect, currency), local(row.how_to_measure))
            for row in d.measure_next.itertuples()
        ]
        if measure:
            parts += [
                element("h3", say("What to measure next")),
                table([say("Input"), say("Moves the net present value by"), say("How")], measure, numbers=[1]),
            ]
    if content.findings:
        found = [(local(item.title), number(item.count), local(item.worth) or "–") for item in content.findings]
        parts += [
            element("h3", say("What the estate shows")),
            table([say("Finding"), say("Machines"), say("Worth")], found, numbers=[1]),
        ]
    return section(say("Risks"), *parts)


def data_quality(a: Assessment) -> Markup:
    """What was read, what was set aside, what was assumed."""
    files = [
        (item.name, number(item.rows), number(item.used), element("code", item.sha256[:16]))
        for item in a.inventory.sources
    ]
    assumed = [
        (local(item.field), number(item.count), local(str(item.value)), local(item.source)) for item in a.assumed
    ]
    issues = [
        (f"{item.file} {item.sheet}".strip(), str(item.row), item.column, item.value[:60], local(item.problem))
        for item in a.inventory.issues[:_SHOWN]
    ]
    join = (
        []
        if a.inventory.join is None
        else [
            paragraph(say("{rate} of the workloads were linked to their host.", rate=percent(a.inventory.join.rate, 1)))
        ]
    )
    return section(
        say("Data quality"),
        paragraph(say("Read as {format}: {servers}, {workloads}; {errors}, {warnings}.", format=local(a.inventory.format) or "–", servers=say_many("{count:,} server", "{count:,} servers", len(a.inventory.servers)), workloads=say_many("{count:,} workload", "{count:,} workloads", len(a.inventory.workloads)), errors=say_many("{count:,} row set aside", "{count:,} rows set aside", len(a.inventory.errors)), warnings=say_many("{count:,} warning", "{count:,} warnings", len(a.inventory.warnings)))),
        *join,
        bullets(local(note) for note in a.inventory.notes),
        table([say("File"), say("Rows"), say("Used"), "SHA-256"], files, numbers=[1, 2]) if files else "",
        element("h3", say("Assumed for lack of a reading")) if assumed else "",
        table([say("Input"), say("How many"), say("Used"), say("Source")], assumed, numbers=[1]) if assumed else "",
        element("h3", say("Rows with an issue")) if issues else "",
        table([say("File"), say("Row"), say("Column"), say("Value"), say("Problem")], issues, numbers=[1]) if issues else "",
        _more(len(a.inventory.issues)),
    )  # fmt: skip


def assumptions(a: Assessment) -> Markup:
    """Every setting and default with range, source and date; what the user set comes first."""
    rows = [
        (row.title, row.value, row.unit, row.origin, row.range, f"{row.source}{', ' + row.as_of if row.as_of else ''}")
        for row in assumption_rows(a).itertuples()
    ]
    heads = [say("Assumption"), say("Value"), say("Unit"), say("Origin"), say("Range"), say("Source and date")]
    return section(say("Assumptions with their sources"), table(heads, rows, cls="fine"))


def reproduce(a: Assessment) -> Markup:
    """How somebody else comes to the same figures."""
    from calc import __version__

    files = " ".join(item.name for item in a.inventory.sources) or "INVENTORY"
    return section(
        say("How to reproduce"),
        paragraph(say("The same files, scenario, seed and version give the same plan and the same figures. The bundle that this command writes holds CSV and JSON with which plan and money can be checked with no code of ours.")),
        *map(paragraph, proof_words.repeat_lines(a)),
        element("pre", f"python -m calc assess {files} --scenario scenario.toml --out result/ --report"),
        table(
            [say("What"), say("Value")],
            [
                (say("Version"), __version__),
                (say("Seed"), a.scenario.seed),
                (say("Reference tables, SHA-256"), element("code", reference_sha256())),
                *((item.name, element("code", item.sha256)) for item in a.inventory.sources),
            ],
        ),
        element("h3", say("Settings that differ from the defaults")),
        element("pre", _changed(a) or say("none")),
        _sign_off(),
    )  # fmt: skip


def _changed(a: Assessment) -> str:
    standard = Scenario()
    return "\n".join(
        f"{name} = {getattr(a.scenario, name)!r}"
        for name in Scenario.model_fields
        if getattr(a.scenario, name) != getattr(standard, name)
    )
