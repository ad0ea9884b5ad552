"""The answer in words, with its proof and its doubt. Money and counts are never shown without both."""

from __future__ import annotations

from calc.assessment import Assessment, excluded, included
from calc.costs.cashflow import tco
from calc.costs.flip import host_price_flip
from calc.language import say


def amount(value: float, currency: str) -> str:
    """Money, rounded to what is worth reading: 1.15 M USD, 312 k USD, 870 USD."""
    size = abs(value)
    if size >= 999_500:
        text = f"{value / 1e6:,.2f} M"
    elif size >= 9_995:
        text = f"{value / 1e3:,.0f} k"
    else:
        text = f"{value:,.0f}"
    return f"{text} {currency}"


def months(count: float | None) -> str:
    """A number of months until something is earned back."""
    if count is None:
        return "never"
    return "at once" if count == 0 else f"{count:.0f} months"


def hosts_line(a: Assessment) -> str:
    """How many servers become how many hosts."""
    k = a.scenario.failover_hosts
    spare = f"with N+{k}" if k else "without spare capacity for a failure"
    kept = f", and {a.servers_retained} of the servers stay" if a.servers_retained else ""
    return f"{a.before.servers:,} servers → {a.hosts_after:,} hosts {spare}{kept}"


def proof_line(a: Assessment) -> str:
    """What is proved about the number of hosts."""
    if a.hosts_after == 0:
        return "Nothing can be placed on the allowed host models."
    if a.lower_bound is None or a.gap is None:
        return f"No bound: {len(a.unplaced):,} workloads are not placed, and a bound on the rest would say nothing about the whole."
    if a.objective == "cost":
        verdict = "proven least cost" if a.is_optimal else f"gap {a.gap:.1%}"
        return (
            f"For these demands, host types and rules no mix of hosts costs less than {amount(a.lower_bound, a.scenario.currency)} "
            f"over the horizon ({verdict}); at least {a.hosts_lower_bound:,} hosts are needed."
        )
    verdict = "the plan is proven optimal" if a.is_optimal else f"gap {a.gap:.1%}"
    return f"For these demands, host types and rules at least {int(a.lower_bound):,} are needed: {verdict}."


def certificate_lines(a: Assessment) -> list[str]:
    """For each pool whose bound column generation proved: the certificate in words."""
    lines = []
    for pool in a.pools:
        for state, result in (("all hosts running", pool.plan.normal), ("hosts failed", pool.plan.failover)):
            if result is None or result.certificate is None or result.bound is None or len(pool.types) != 1:
                continue
            total, most = int(result.certificate.prices.sum()), result.certificate.most[0]
            lines.append(
                f"{pool.name}, {state}: every workload is given a price, {total:,} in all. Nothing that fits on one host is "
                f"worth more than {most:,} (every combination that could be was looked at). {total:,} / {most:,} = "
                f"{total / most:.2f}, so at least {result.bound.value:,} hosts are needed."
            )
    return lines


def survival_line(a: Assessment) -> str:
    """What is proved about failures."""
    k = a.scenario.failover_hosts
    if not k:
        lone = sum(1 for pool in a.pools if len(pool.plan.host_types) < 2)
        return "No failure is planned for." + (f" {lone} pools have a single host." if lone else "")
    proofs = [pool.plan.proof for pool in a.pools if pool.plan.proof]
    cases, passed = sum(p.cases for p in proofs), sum(p.passed for p in proofs)
    what = "host" if k == 1 else f"combination of {k} hosts"
    if cases == passed:
        sampled = "" if all(p.exhaustive for p in proofs) else " (a seeded sample of them)"
        added = sum(pool.plan.added_hosts for pool in a.pools)
        plural = "s were" if added > 1 else " was"
        extra = f" For that {added} host{plural} added beyond what the sums need." if added else ""
        return (
            f"Every {what} was failed in turn{sampled}, and its workloads were re-placed on the rest: "
            f"{passed:,} of {cases:,} cases hold.{extra}"
        )
    return (
        f"Only {passed:,} of {cases:,} failures can be re-placed: this plan does NOT survive every failure of a {what}."
    )


def racks_line(a: Assessment) -> list[str]:
    """What is proved about the loss of a whole rack; nothing where racks are not looked at."""
    proofs = [pool.plan.rack_proof for pool in a.pools if pool.plan.rack_proof]
    if not proofs:
        return []
    cases, passed = sum(proof.cases for proof in proofs), sum(proof.passed for proof in proofs)
    if passed < cases:
        return [
            say(
                "Only {passed:,} of {cases:,} racks could be lost: this plan does NOT survive the loss of every rack.",
                passed=passed,
                cases=cases,
            )
        ]
    return [
        say(
            "Every one of {cases:,} racks was failed as a whole, and its workloads were re-placed on the other racks.",
            cases=cases,
        )
    ]


def risk_line(a: Assessment) -> list[str]:
    """What the stated risk chose; nothing where none is stated."""
    risk = a.risk
    if risk is None:
        return []
    chosen = risk.frontier[risk.frontier["chosen"]].iloc[0]
    figures = {
        "allowed": risk.allowed,
        "percentile": round(100 * risk.percentile),
        "margin": risk.margin,
        "over": float(chosen["over"]),
    }
    if risk.met:
        return [
            say(
                "At most {allowed:.2%} of host-hours above capacity: planned at the {percentile}th percentile of each hour, "
                "times {margin:g}; on weeks left out {over:.3%} were above.",
                **figures,
            )
        ]
    return [
        say(
            "No reading keeps to {allowed:.2%} of host-hours above capacity on weeks left out: the safest, the {percentile}th "
            "percentile times {margin:g}, has {over:.3%}.",
            **figures,
        )
    ]


def ramp_line(a: Assessment) -> list[str]:
    """Whether the money follows the dates of a migration; nothing where the ramp is estimated."""
    if not a.scenario.move:
        return []
    last = max(step.month for step in a.scenario.move)
    return [
        say(
            "The cash flow follows the dates of a migration plan: the last machine comes or goes after {months:.1f} months.",
            months=last,
        )
    ]


def saving_line(a: Assessment) -> str:
    """What is saved against keeping today's servers."""
    years, c = a.scenario.horizon_years, a.comparison
    verb = "saves" if c.savings >= 0 else "costs"
    more = "" if c.savings >= 0 else " more"
    return (
        f"{verb} {amount(abs(c.savings), a.scenario.currency)}{more} over {years} years against keeping today's servers "
        f"({included(a.scenario)} only), NPV {amount(c.npv, a.scenario.currency)}"
    )


def payback_line(a: Assessment) -> str:
    """When the investment is earned back."""
    when = a.comparison.payback_months
    if when is None:
        return f"is not earned back within {a.scenario.horizon_years} years"
    return "needs no investment" if when == 0 else f"is earned back after {when:.0f} months"


def doubt_line(a: Assessment) -> str:
    """How much of it is assumed."""
    reproducible = "" if a.reproducible else " The search was cut short: another run may give another plan."
    return f"{a.assumed_count:,} inputs are assumed.{reproducible}"


def baseline_line(a: Assessment) -> str:
    """The same target against the other baselines."""

    others = {
        "refreshing each server at the end of its life": "refresh",
        "keeping all but the idle servers": "without_idle",
    }
    parts = [
        f"against {text}: {amount(tco(a.flows[key]) - a.comparison.tco_target, a.scenario.currency)}"
        for text, key in others.items()
    ]
    return "Saving " + "; ".join(parts) + "."


def excluded_line(a: Assessment) -> str:
    """What the money does not hold."""
    return "Not included: " + ", ".join(excluded(a.scenario)) + "."


def headline(a: Assessment) -> list[str]:
    """The whole answer, line by line."""
    return [
        f"{hosts_line(a)}. {proof_line(a)}",
        survival_line(a),
        *racks_line(a),
        *risk_line(a),
        f"This {saving_line(a)}; it {payback_line(a)}.",
        *ramp_line(a),
        baseline_line(a),
        doubt_line(a),
        excluded_line(a),
        decision_line(a),
    ]


def decision_line(a: Assessment) -> str:
    """Buy, wait or measure, as far as these lines can tell."""
    c = a.comparison
    now, flip = host_price_flip(a.case, a.scenario)
    turn = (
        ""
        if not now
        else " No price of hosts above zero turns that."
        if flip is None
        else f" It turns at {amount(flip, a.scenario.currency)} a host; the plan's cost {amount(now, a.scenario.currency)} on average."
    )
    if c.npv > 0:
        return f"On these lines the consolidation pays: its net present value is positive.{turn}"
    return (
        f"On these lines it does not pay to replace what still runs: the net present value is negative.{turn} "
        "Where servers must be replaced anyway, compare with the refresh baseline."
    )
