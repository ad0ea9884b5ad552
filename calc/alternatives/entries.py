"""One alternative, all of them, and which one is recommended."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from calc.assessment import Assessment
from calc.costs.case import Case
from calc.costs.cashflow import Comparison, Flows, compare, per_year, present_value
from calc.costs.cloud import CloudChoice
from calc.costs.ledger import ledger_table, side_terms
from calc.costs.pricing import Side
from calc.language import foreign, joined, stored
from calc.scenario import Scenario
from calc.units import MONTHS_PER_YEAR


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """One thing that could be done.

    Attributes
    ----------
    name, kind : str
        ``kind`` is ``stay``, ``refresh``, ``consolidate``, ``reuse``, ``cloud`` or ``hybrid``.
    side : Side
    flows : Flows
    comparison : Comparison
        Against staying.
    present_cost : float
        Present value of its cost.
    hosts, kept, in_cloud : int
        Hosts of a plan, old or like-for-like machines, workloads in the cloud.
    missing : tuple of str
        Prices nobody stated: not complete, so never recommended.
    note : str
    case : Case
    scenario : Scenario
        What it was priced with.
    bound : float or None
        Of a hybrid: present cost that no split of the workloads goes below; None where none is said.
    """

    name: str
    kind: str
    side: Side
    flows: Flows
    comparison: Comparison
    present_cost: float
    hosts: int
    kept: int
    in_cloud: int
    missing: tuple[str, ...]
    note: str
    case: Case
    scenario: Scenario
    bound: float | None = None

    def ledger(self) -> pd.DataFrame:
        """Every amount with its formula, figures, origins and sources; the side is called ``target``."""
        return ledger_table({"target": side_terms(self.side, self.case, self.scenario)}, self.scenario)


@dataclass(frozen=True, slots=True, eq=False)
class Alternatives:
    """All alternatives of one answer, the recommended one marked.

    Attributes
    ----------
    entries : tuple of Alternative
    skipped : dict of str to str
        What could not be formed, and why.
    choice : CloudChoice or None
        Instance of every workload under the scenario's commitment.
    in_cloud : ndarray of bool
        Workloads that the hybrid moves to the cloud.
    """

    entries: tuple[Alternative, ...]
    skipped: dict[str, str]
    choice: CloudChoice | None
    in_cloud: np.ndarray
    scenario: Scenario

    @property
    def recommended(self) -> Alternative:
        """The complete alternative with the least present value of cost; of equals the first."""
        return min((entry for entry in self.entries if not entry.missing), key=lambda entry: entry.present_cost)

    @property
    def reason(self) -> str:
        """Why it is recommended, with the runner-up of another kind or hypervisor."""
        best = self.recommended
        others = [entry for entry in self.entries if entry is not best and not entry.missing]
        if not others:
            return stored("it is the only complete alternative")
        second = min(others, key=lambda entry: entry.present_cost)
        lead = second.present_cost - best.present_cost
        open_ = joined(map(foreign, sorted({name for entry in self.entries for name in entry.missing})))
        least = min((entry.present_cost for entry in self.entries if entry.missing), default=None)
        reasons = [
            stored(
                "least present value of cost, {lead:,.0f} {currency} below the next, {second}",
                lead=lead,
                currency=self.scenario.currency,
                second=second.name,
            )
        ]
        if least is not None and least >= best.present_cost:  # a missing price can only add to a cost
            reasons.append(stored("the cloud costs more even before {missing} are priced", missing=open_))
        elif least is not None:
            reasons.append(stored("the cloud is not judged, because no price is stated for {missing}", missing=open_))
        if best.kind == "stay":
            reasons.append(
                stored(
                    "staying bears the risk of old machines, which has no price here: where they must go, {second}",
                    second=second.name,
                )
            )
        return joined(reasons, "; ")

    def table(self) -> pd.DataFrame:
        """One row an alternative: machines, money against staying, whether it is complete."""
        best = self.recommended
        rows = []
        for entry in self.entries:
            c = entry.comparison
            rows.append(
                {
                    "alternative": entry.name,
                    "hosts": entry.hosts,
                    "servers_kept_or_refreshed": entry.kept,
                    "workloads_in_cloud": entry.in_cloud,
                    "tco": c.tco_target,
                    "present_cost": entry.present_cost,
                    "year_0": float(per_year(entry.flows)[0]),
                    "saving_against_stay": c.savings,
                    "npv_against_stay": c.npv,
                    "payback_months": c.payback_months,
                    "missing_prices": ", ".join(entry.missing),
                    "recommended": entry is best,
                    "note": entry.note,
                }
            )
        return pd.DataFrame(rows)

    def crossings(self) -> pd.DataFrame:
        """Where the cumulative costs of two complete alternatives cross: first, second, month, cost.

        ``first`` is cheaper before the month, ``second`` after it.
        """
        rows = []
        for one, two in itertools.combinations([entry for entry in self.entries if not entry.missing], 2):
            gap = np.cumsum(per_year(one.flows)) - np.cumsum(per_year(two.flows))
            level = np.cumsum(per_year(one.flows))
            for year in range(1, len(gap)):
                if gap[year - 1] * gap[year] < 0:
                    share = gap[year - 1] / (gap[year - 1] - gap[year])
                    before, after = (one, two) if gap[year - 1] < 0 else (two, one)
                    rows.append(
                        {
                            "first": before.name,
                            "second": after.name,
                            "month": MONTHS_PER_YEAR * (year - 1 + share),
                            "cost": level[year - 1] + share * (level[year] - level[year - 1]),
                        }
                    )
        return pd.DataFrame(rows, columns=["first", "second", "month", "cost"])


def form_entry(
    a: Assessment,
    name: str,
    kind: str,
    side: Side,
    *,
    hosts: int = 0,
    kept: int = 0,
    in_cloud: int = 0,
    missing: tuple[str, ...] = (),
    note: str = "",
    scenario: Scenario | None = None,
    case: Case | None = None,
) -> Alternative:
    """An alternative from its side, compared with staying."""
    flows = side.flows(scenario or a.scenario)
    return Alternative(
        name,
        kind,
        side,
        flows,
        compare(a.flows["baseline"], flows, a.scenario, len(a.demand.table)),
        present_value(per_year(flows), a.scenario.discount_rate),
        hosts,
        kept,
        in_cloud,
        missing,
        note,
        case or a.case,
        scenario or a.scenario,
    )
