"""The ledger: every amount with its formula, every figure with its origin, source and date."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc import assumptions, reference
from calc.costs.case import Case
from calc.costs.fleet import LINES
from calc.costs.fleet_terms import fleet_terms
from calc.costs.pricing import Side
from calc.costs.terms import Figure, Term, setting
from calc.errors import InputError
from calc.language import joined, stored
from calc.scenario import LEVELLED, Scenario

#: Origins of a figure, the firmest first.
ORIGINS = ("user", "file", "plan", "reference", "assumed")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a figure comes from.

    Attributes
    ----------
    origin : {'user', 'file', 'plan', 'reference', 'assumed'}
        ``file``: counted from the inventory. ``plan``: an outcome of the packing. ``reference``:
        a sourced default that nobody changed. ``assumed``: an estimate that stands in for readings.
    source, as_of : str
    """

    origin: str
    source: str
    as_of: str


def provenance(figure: Figure, scenario: Scenario) -> Provenance:
    """Trace a figure to its origin."""
    kind, _, name = figure.origin.partition(":")
    if kind == "setting":
        field = Scenario.model_fields[name]
        row = assumptions.defaults().get(name)
        if getattr(scenario, name) != field.get_default(call_default_factory=True) or row is None:
            return Provenance("user", stored("scenario: {name}", name=name), "")
        year = None if name in LEVELLED or not row.currency else row.price_year
        return Provenance("reference", _raised(row.source, year, scenario), row.as_of)
    if kind == "table":
        table, _, key = name.partition(":")
        if table == "hypervisors" and scenario.hypervisor_price is not None:
            return Provenance("user", stored("scenario: {name}", name="hypervisor_price"), "")
        if table == "licences" and key in scenario.licence_prices:
            return Provenance("user", stored("scenario: {name}", name="licence_prices"), "")
        frame = reference.table(table)
        first = {"electricity": "region", "cloud_instances": "region", "carbon": "country"}.get(table, "id")
        row_ = frame[frame[first] == key]
        source = f"data/reference/{table}.csv, {key}"
        if len(row_):
            own = "licence_source" if table == "hypervisors" else "source"
            own = "price_source" if table == "host_types" and figure.unit == scenario.currency else own
            year = int(row_["price_year"].iloc[0]) if table in ("licences", "hypervisors") else None
            text = f"{source}: {row_[own].iloc[0]}"
            return Provenance("reference", _raised(text, year, scenario), str(row_["as_of"].iloc[0]))
        return Provenance("reference", source, "")
    if kind == "key":
        return Provenance("plan", stored("a sum: explained by {key}", key=name), "")
    plain = {
        "inventory": Provenance("file", stored("counted from the inventory"), ""),
        "plan": Provenance("plan", stored("an outcome of the plan"), ""),
        "estimate": Provenance(
            "assumed", stored("summed over machines; holds defaults where readings are missing"), ""
        ),
    }
    return plain[kind]


def _raised(source: str, price_year: int | None, scenario: Scenario) -> str:
    """A source, and what was done to a reference price of another year."""
    if price_year is None or scenario.price_level(price_year) == 1:
        return source
    raised = stored(
        "price of {price_year} raised to {start_year} at {inflation:.3g} a year",
        price_year=price_year,
        start_year=scenario.start_year,
        inflation=scenario.inflation,
    )
    return joined((source, raised), "; ")


def side_terms(side: Side, case: Case, scenario: Scenario) -> list[Term]:
    """Every amount of a side as a term, machines and all else."""
    return [term for fleet in side.fleets for term in fleet_terms(fleet, case, scenario)] + list(side.terms)


_OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}


def evaluate(formula: str, figures: Mapping[str, float]) -> float:
    """Value of a ledger formula: numbers, names, + - * / ** and brackets.

    Examples
    --------
    >>> evaluate("power_kw * hours * (1 + rise) ** 2", {"power_kw": 2.0, "hours": 10.0, "rise": 0.5})
    45.0
    """

    def walk(node: ast.AST) -> float:
        if isinstance(node, ast.Expression):
            return walk(node.body)
        if isinstance(node, ast.BinOp):
            return _OPERATORS[type(node.op)](walk(node.left), walk(node.right))
        if isinstance(node, ast.UnaryOp):
            return _OPERATORS[type(node.op)](walk(node.operand))
        if isinstance(node, ast.Name):
            return figures[node.id]
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return float(node.value)
        raise InputError(
            stored(
                "the formula {formula!r} holds what a ledger formula may not: {name}",
                formula=formula,
                name=type(node).__name__,
            )
        )

    return walk(ast.parse(formula, mode="eval"))


def key_of(line: str, side: str, year: int) -> str:
    """The name by which an amount is asked for: ``energy.target.year2``."""
    return f"{line.replace(' ', '_')}.{side}.year{year}"


def ledger_table(terms: Mapping[str, list[Term]], scenario: Scenario) -> pd.DataFrame:
    """One row a figure of an amount.

    Returns
    -------
    DataFrame
        term (a number), key, side, line, year, pool (where an amount is for one), label, amount, formula, then figure, value, unit,
        origin, source and as_of. The amounts of a key are the sum over its terms.
    """
    rows: list[dict[str, object]] = []
    number = 0
    for side, found in terms.items():
        for term in found:
            number += 1
            head = {
                "term": number,
                "key": key_of(term.line, side, term.year),
                "side": side,
                "line": term.line,
                "year": term.year,
                "pool": term.pool,
                "label": term.label,
                "amount": term.amount,
                "formula": term.formula,
            }
            for name, figure in term.figures.items():
                trace = provenance(figure, scenario)
                rows.append(
                    {
                        **head,
                        "figure": name,
                        "value": figure.value,
                        "unit": figure.unit,
                        "origin": trace.origin,
                        "source": trace.source,
                        "as_of": trace.as_of,
                    }
                )
    return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "term",
    "key",
    "side",
    "line",
    "year",
    "pool",
    "label",
    "amount",
    "formula",
    "figure",
    "value",
    "unit",
    "origin",
    "source",
    "as_of",
)


def recompute(ledger: pd.DataFrame) -> pd.DataFrame:
    """Amounts from the ledger's own formulas and figures alone: side, line, year, amount."""
    rows = []
    for _, part in ledger.groupby("term", sort=False):
        first = part.iloc[0]
        value = evaluate(first["formula"], dict(zip(part["figure"], part["value"], strict=True)))
        rows.append((first["side"], first["line"], first["year"], value))
    frame = pd.DataFrame(rows, columns=["side", "line", "year", "amount"])
    return frame.groupby(["side", "line", "year"], as_index=False)["amount"].sum()


def resting_on(ledger: pd.DataFrame) -> pd.DataFrame:
    """What share of the money of both sides, and of the saving, rests on which kind of figure, at its weakest.

    Returns
    -------
    DataFrame
        origin, amount (sum of absolute amounts of the terms whose weakest figure has that
        origin), share, saving (baseline less target of those terms: the column sums to the saving).
    """
    terms = ledger.groupby("term").agg({"amount": "first", "side": "first"})
    weakest = ledger["origin"].map(ORIGINS.index).groupby(ledger["term"]).max()

    def by_origin(amounts: pd.Series) -> np.ndarray:
        return amounts.groupby(weakest).sum().reindex(range(len(ORIGINS)), fill_value=0.0).to_numpy(float)

    amount = by_origin(terms["amount"].abs())
    signed = terms["amount"] * terms["side"].map({"baseline": 1.0, "target": -1.0}).fillna(0.0)
    total = float(amount.sum())
    return pd.DataFrame(
        {
            "origin": ORIGINS,
            "amount": amount,
            "share": amount / total if total else 0.0,
            "saving": by_origin(signed),
        }
    )


@dataclass(frozen=True, slots=True)
class Explanation:
    """How an amount comes about.

    Attributes
    ----------
    key : str
    amount : float
    terms : tuple of Term
    rows : DataFrame
        The ledger's rows of this amount.
    """

    key: str
    amount: float
    currency: str
    terms: tuple[Term, ...]
    rows: pd.DataFrame

    def __str__(self) -> str:
        lines = [f"{self.key} = {self.amount:,.2f} {self.currency}"]
        if not self.terms:
            lines.append("  no amount: nothing of this answer is on this line")
        for _, part in self.rows.groupby("term", sort=False):
            first = part.iloc[0]
            lines += [f"  {first['label']}: {first['amount']:,.2f} = {first['formula']}"]
            for row in part.itertuples():
                dated = f", {row.as_of}" if row.as_of else ""
                lines.append(f"    {row.figure} = {row.value:,.6g} {row.unit} ({row.origin}: {row.source}{dated})")
        return "\n".join(lines)


def explain(key: str, terms: Mapping[str, list[Term]], scenario: Scenario, unit: str = "") -> Explanation:
    """Explain one amount.

    Parameters
    ----------
    key : str
        ``line.side.yearN``, or ``line.side`` for all years; spaces of a line are underscores. Also ``tco.side`` and
        ``tco.side.yearN`` for all lines together; and ``savings`` and ``npv`` against keeping, or against another side
        as ``npv.refresh``, by year.
    terms : mapping of str to list of Term
        Of every side.
    unit : str, optional
        Of the amounts; the scenario's currency by default.

    Raises
    ------
    InputError
        When there is no such line, side or year; the message lists what there is.
    """
    kind, *rest = key.split(".")
    if kind in ("savings", "npv") and len(rest) < 2:
        against = rest[0] if rest else "baseline"
        if against in terms and against != "target":
            return _difference(key, kind, against, terms, scenario)
    line, side = kind.replace("_", " "), rest[0] if rest else ""
    known = dict.fromkeys((*LINES, *(term.line for found in terms.values() for term in found)))
    if (line != "tco" and line not in known) or side not in terms or len(rest) > 2:
        raise InputError(
            stored(
                "{key!r} is not an amount of this answer; write line.side or line.side.yearN, lines: {lines}; sides: "
                "{terms}",
                key=key,
                lines=", ".join(name.replace(" ", "_") for name in known),
                terms=", ".join(terms),
            )
        )
    chosen = [term for term in terms[side] if line in ("tco", term.line)]
    if len(rest) == 2:
        number = rest[1].removeprefix("year")
        if not number.isdigit() or int(number) > scenario.horizon_years:
            raise InputError(
                stored("{key!r}: write year0 … year{horizon_years}", key=key, horizon_years=scenario.horizon_years)
            )
        chosen = [term for term in chosen if term.year == int(number)]
    return Explanation(
        key,
        sum(term.amount for term in chosen),
        unit or scenario.currency,
        tuple(chosen),
        ledger_table({side: chosen}, scenario),
    )


def _difference(key: str, kind: str, against: str, terms: Mapping[str, list[Term]], scenario: Scenario) -> Explanation:
    """Savings or net present value as one term a year: the other side less target, discounted for the latter."""
    found = []
    for year in range(scenario.horizon_years + 1):
        before, after = (
            Figure(
                sum(t.amount for t in terms[side] if t.year == year), scenario.currency, f"key:tco.{side}.year{year}"
            )
            for side in (against, "target")
        )
        figures = {against: before, "target": after}
        formula, amount = f"{against} - target", before.value - after.value
        if kind == "npv":
            figures["discount_rate"] = setting("discount_rate", scenario)
            formula = f"({against} - target) / (1 + discount_rate) ** {year}"
            amount /= (1 + scenario.discount_rate) ** year
        found.append(Term(kind, year, stored("year {year}", year=year), amount, formula, figures))
    return Explanation(
        key,
        sum(term.amount for term in found),
        scenario.currency,
        tuple(found),
        ledger_table({"difference": found}, scenario),
    )
