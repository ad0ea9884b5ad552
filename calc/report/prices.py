"""The prices and rates that the ledger rests on, each once: what a reader of the workbook may change.

A price is *live* when changing it in the ledger alone gives what pricing the plan again gives. Some are held inside figures
that were summed over machines (the power of today's servers holds that of their memory): changing those in the
ledger moves only a part, and the workbook says so. Which is which is found by trying.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from calc import assumptions, hypervisors
from calc.assessment import Assessment
from calc.costs.ledger import evaluate, provenance
from calc.costs.licences import licence
from calc.costs.pricing import baseline_side, target_side
from calc.costs.terms import Figure, Term, setting
from calc.errors import CalcError
from calc.language import foreign, joined
from calc.scenario import Scenario

SIDES = ("baseline", "target")
#: A change large enough to show in cents and small enough to stay within every range.
_STEP = 1.01
_CENT = 0.005

Key = tuple[str, str, float]


@dataclass(frozen=True, slots=True)
class Price:
    """One price, rate or setting of the ledger.

    Attributes
    ----------
    name : str
        As the ledger's formulas name it.
    figure : Figure
    title : str
        As the settings name it; else the name.
    low, high : float or None
    origin, source, as_of : str
    live : bool or None
        Whether changing it in the ledger alone is the whole change; None where no setting says what it is.
    lines : tuple of str
        Lines of the money that it is used in.
    """

    name: str
    figure: Figure
    title: str
    low: float | None
    high: float | None
    origin: str
    source: str
    as_of: str
    live: bool | None
    lines: tuple[str, ...]


def ledger_terms(a: Assessment) -> dict[str, tuple[Term, ...]]:
    """Every amount of both sides."""
    return {side: a.explain(f"tco.{side}").terms for side in SIDES}


def is_price(figure: Figure) -> bool:
    """Whether a figure is a price, rate or setting rather than a quantity of the estate or the plan."""
    return figure.origin.startswith(("setting:", "table:"))


def key_of(name: str, figure: Figure) -> Key:
    """What makes two figures one price."""
    return (name, figure.origin, figure.value)


def price_list(a: Assessment, terms: Mapping[str, Iterable[Term]]) -> dict[Key, Price]:
    """Every price of the ledger, in the order in which it is first used; the discount rate comes first."""
    found: dict[Key, tuple[Figure, dict[str, None]]] = {}
    rate = setting("discount_rate", a.scenario)
    found[key_of("discount_rate", rate)] = (rate, {})
    for term in (term for side in terms.values() for term in side):
        for name, figure in term.figures.items():
            if is_price(figure):
                found.setdefault(key_of(name, figure), (figure, {}))[1][term.line] = None
    return {key: _price(a, key, figure, tuple(lines), terms) for key, (figure, lines) in found.items()}


def _price(
    a: Assessment, key: Key, figure: Figure, lines: tuple[str, ...], terms: Mapping[str, Iterable[Term]]
) -> Price:
    name = key[0]
    trace = provenance(figure, a.scenario)
    kind, _, setting_name = figure.origin.partition(":")
    row = assumptions.defaults().get(setting_name) if kind == "setting" else None
    field = Scenario.model_fields.get(setting_name) if kind == "setting" else None
    factor = a.scenario.rate(row.currency) if row is not None and row.currency else 1.0
    title = (field.title if field is not None else None) or foreign(name.replace("_", " "))
    if kind == "table":  # the same name stands once for every row of the table: say which
        title = joined((title, _row_name(setting_name)), ": ")
    return Price(
        name,
        figure,
        title,
        None if row is None else row.low * factor,
        None if row is None else row.high * factor,
        trace.origin,
        trace.source,
        trace.as_of,
        _live(a, key, figure, terms),
        lines,
    )


def _row_name(place: str) -> str:
    """What a row of a reference table is called."""
    table, _, key = place.partition(":")
    if table == "licences":
        return licence(key).product
    return foreign(hypervisors.get(key).name) if table == "hypervisors" else key


def changed_scenario(a: Assessment, name: str, figure: Figure, value: float) -> Scenario | None:
    """The scenario in which a price has another value; None where no setting holds it alone."""
    kind, _, rest = figure.origin.partition(":")
    try:
        if kind == "setting" and name == rest and name in Scenario.model_fields:
            return a.scenario.varied(**{name: value})
        if kind == "table" and rest.startswith("electricity:"):
            return a.scenario.varied(electricity_per_kwh=value)
        if kind == "table" and rest.startswith("hypervisors:"):
            return a.scenario.varied(hypervisor_price=value)
        if kind == "table" and rest.startswith("licences:"):
            return a.scenario.varied(licence_prices={**a.scenario.licence_prices, rest.split(":")[1]: value})
        if kind == "table" and rest.startswith("host_types:") and name == "price":
            return a.scenario.varied(host_prices={**a.scenario.host_prices, rest.split(":")[1]: value})
    except CalcError:  # a setting with a range so narrow that the trial leaves it
        return None
    return None


def repriced_totals(a: Assessment, scenario: Scenario) -> dict[str, float]:
    """Total cost of each side of the same plan under another scenario."""
    sides = {"baseline": baseline_side(a.case, scenario), "target": target_side(a.case, scenario)}
    return {
        name: float(sum(amounts.sum() for amounts in side.flows(scenario).values())) for name, side in sides.items()
    }


def ledger_totals(terms: Mapping[str, Iterable[Term]], key: Key | None = None, value: float = 0.0) -> dict[str, float]:
    """Total of each side by the ledger's formulas, with one price changed."""
    return {
        side: sum(
            evaluate(
                term.formula,
                {name: value if key_of(name, f) == key else f.value for name, f in term.figures.items()},
            )
            for term in own
        )
        for side, own in terms.items()
    }


def _live(a: Assessment, key: Key, figure: Figure, terms: Mapping[str, Iterable[Term]]) -> bool | None:
    if key[0] == "discount_rate":
        return True
    value = figure.value * _STEP if figure.value else 0.01
    scenario = changed_scenario(a, key[0], figure, value)
    if scenario is None:
        return None
    here, there = ledger_totals(terms, key, value), repriced_totals(a, scenario)
    return all(abs(here[side] - there[side]) < _CENT for side in SIDES)
