"""The answer in words, with its proof and its doubt. Money and counts are never shown without both."""

from __future__ import annotations

import datetime as dt

from calc.assessment import Assessment
from calc.costs.cashflow import tco
from calc.costs.flip import host_price_flip
from calc.costs.scope import excluded, included
from calc.language import joined, language, say, say_many
from calc.report import counts

#: The true minus sign: no line is broken after it.
MINUS = "−"


def amount(value: float, currency: str) -> str:
    """Money, rounded to what is worth reading: 1.15 M USD, 312 k USD, 870 USD; in Korean 115만 USD."""
    size = abs(value)
    sign = MINUS if value < 0 and round(size) else ""
    if language() != "en" and size >= 9_995:
        from babel.numbers import format_compact_decimal

        # Three digits that say something: 1.15억, 31.2만, 115만.
        unit = 1e12 if size >= 9_999.5e8 else 1e8 if size >= 9_999.5e4 else 1e4
        digits = 2 if size < 9.995 * unit else 1 if size < 99.95 * unit else 0
        rounded = round(size / unit, digits) * unit
        return f"{sign}{format_compact_decimal(rounded, locale=language(), fraction_digits=digits)} {currency}"
    if size >= 999_500:
        text = f"{size / 1e6:,.2f} M"
    elif size >= 9_995:
        text = f"{size / 1e3:,.0f} k"
    else:
        text = f"{size:,.0f}"
    return f"{sign}{text} {currency}"


def exact(value: float, currency: str) -> str:
    """Money to the currency's smallest unit: 1,234.50 USD, 1,235 KRW."""
    from babel.numbers import format_decimal, get_currency_precision

    digits = get_currency_precision(currency)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return f"{format_decimal(value, pattern, locale=language())} {currency}"


def day(date: dt.date) -> str:
    """A date: 05 Jan 26; in Korean 2026. 1. 5."""
    if language() == "en":
        return f"{date:%d %b %y}"
    from babel.dates import format_date

    return str(format_date(date, format="medium", locale=language()))


def months(count: float | None) -> str:
    """A number of months until something is earned back."""
    if count is None:
        return say("never")
    return say("at once") if count == 0 else say_many("{count:,} month", "{count:,} months", round(count))


def hosts_line(a: Assessment) -> str:
    """How many servers become how many hosts."""
    k = a.scenario.failover_hosts
    return say(
        "{servers} → {hosts} {spare}{kept}",
        servers=counts.servers(a.before.servers),
        hosts=counts.hosts(a.hosts_after),
        spare=say("with N+{k}", k=k) if k else say("without spare capacity for a failure"),
        kept=say_many(", and {count} of the servers stays", ", and {count} of the servers stay", a.servers_retained)
        if a.servers_retained
        else "",
    )


def proof_line(a: Assessment) -> str:
    """What is proved about the number of hosts."""
    if a.hosts_after == 0:
        return say("Nothing can be placed on the allowed host models.")
    if a.lower_bound is None:
        return say_many(
            "No bound: {count:,} workload is not placed, and a bound on the rest would say nothing about the whole.",
            "No bound: {count:,} workloads are not placed, and a bound on the rest would say nothing about the whole.",
            len(a.unplaced),
        )
    least = a.hosts_lower_bound or 0
    if a.gap is None:
        if a.objective == "cost":
            return say_many(
                "A plan that survives the failures asked for costs at least {bound} over the horizon, with at least "
                "{count:,} host; this one does not survive them, so there is no gap to state.",
                "A plan that survives the failures asked for costs at least {bound} over the horizon, with at least "
                "{count:,} hosts; this one does not survive them, so there is no gap to state.",
                least,
                bound=amount(a.lower_bound, a.scenario.currency),
            )
        return say_many(
            "A plan that survives the failures asked for needs at least {count:,} host; this one does not survive them, "
            "so there is no gap to state.",
            "A plan that survives the failures asked for needs at least {count:,} hosts; this one does not survive them, "
            "so there is no gap to state.",
            least,
        )
    gap = say("gap {gap:.1%}", gap=a.gap)
    if a.objective == "cost":
        return say_many(
            "For these demands, host types and rules no mix of hosts costs less than {bound} over the horizon "
            "({verdict}); at least {count:,} host is needed.",
            "For these demands, host types and rules no mix of hosts costs less than {bound} over the horizon "
            "({verdict}); at least {count:,} hosts are needed.",
            least,
            bound=amount(a.lower_bound, a.scenario.currency),
            verdict=say("proven least cost") if a.is_optimal else gap,
        )
    return say_many(
        "For these demands, host types and rules at least {count:,} is needed: {verdict}.",
        "For these demands, host types and rules at least {count:,} are needed: {verdict}.",
        int(a.lower_bound),
        verdict=say("the plan is proven optimal") if a.is_optimal else gap,
    )


def verdict(a: Assessment) -> str:
    """How close to the best possible, in a word or two."""
    if not a.has_bound:
        return say("no bound")
    if a.gap is None:
        return say("does not survive")
    return say("proven optimal") if a.is_optimal else say("gap {gap:.1%}", gap=a.gap)


def certificate_lines(a: Assessment) -> list[str]:
    """For each pool whose bound column generation proved: the certificate in words."""
    lines = []
    for pool in a.pools:
        states = ((say("all hosts running"), pool.plan.normal), (say("hosts failed"), pool.plan.failover))
        for state, result in states:
            if result is None or result.certificate is None or result.bound is None or len(pool.types) != 1:
                continue
            total, most = int(result.certificate.prices.sum()), result.certificate.most[0]
            lines.append(
                say(
                    "{pool}, {state}: every workload is given a price, {total:,} in all. Nothing that fits on one host is "
                    "worth more than {most:,} (every combination that could be was looked at). {total:,} / {most:,} = "
                    "{ratio:.2f}, so at least {hosts:,} hosts are needed.",
                    pool=pool.name,
                    state=state,
                    total=total,
                    most=most,
                    ratio=total / most,
                    hosts=result.bound.value,
                )
            )
    return lines


def survival_line(a: Assessment) -> str:
    """What is proved about failures."""
    k = a.scenario.failover_hosts
    if not k:
        lone = sum(1 for pool in a.pools if len(pool.plan.host_types) < 2)
        single = say_many("{count:,} pool has a single host.", "{count:,} pools have a single host.", lone)
        more = f" {single}" if lone else ""
        return say("No failure is planned for.") + more
    proofs = [pool.plan.proof for pool in a.pools if pool.plan.proof]
    cases, passed = sum(p.cases for p in proofs), sum(p.passed for p in proofs)
    what = say("host") if k == 1 else say("combination of {k} hosts", k=k)
    if cases == passed:
        added = sum(pool.plan.added_hosts for pool in a.pools)
        extra = (
            " "
            + say_many(
                "For that {count} host was added beyond what the sums need.",
                "For that {count} hosts were added beyond what the sums need.",
                added,
            )
            if added
            else ""
        )
        return (
            say(
                "Every {what} was failed in turn{sampled}, and its workloads were re-placed on the rest: "
                "{passed:,} of {cases:,} cases hold.",
                what=what,
                sampled="" if all(p.exhaustive for p in proofs) else say(" (a seeded sample of them)"),
                passed=passed,
                cases=cases,
            )
            + extra
        )
    return say(
        "Only {passed:,} of {cases:,} failures can be re-placed: this plan does NOT survive every failure of a {what}.",
        passed=passed,
        cases=cases,
        what=what,
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
    c = a.comparison
    values = {
        "amount": amount(abs(c.savings), a.scenario.currency),
        "lines": included(a.scenario),
        "npv": amount(c.npv, a.scenario.currency),
    }
    if c.savings >= 0:
        return say_many(
            "saves {amount} over {count} year against keeping today's servers ({lines} only), NPV {npv}",
            "saves {amount} over {count} years against keeping today's servers ({lines} only), NPV {npv}",
            a.scenario.horizon_years,
            **values,
        )
    return say_many(
        "costs {amount} more over {count} year against keeping today's servers ({lines} only), NPV {npv}",
        "costs {amount} more over {count} years against keeping today's servers ({lines} only), NPV {npv}",
        a.scenario.horizon_years,
        **values,
    )


def payback_line(a: Assessment) -> str:
    """When the investment is earned back."""
    when = a.comparison.payback_months
    if when is None:
        return say_many(
            "is not earned back within {count} year",
            "is not earned back within {count} years",
            a.scenario.horizon_years,
        )
    return say("needs no investment") if when == 0 else say("is earned back after {months}", months=months(when))


def doubt_line(a: Assessment) -> str:
    """How much of it is assumed."""
    assumed = say_many("{count:,} input is assumed.", "{count:,} inputs are assumed.", a.assumed_count)
    if a.reproducible:
        return assumed
    return assumed + " " + say("The search was cut short: another run may give another plan.")


def baseline_line(a: Assessment) -> str:
    """The same target against the other baselines."""

    def less(key: str) -> str:
        return amount(tco(a.flows[key]) - a.comparison.tco_target, a.scenario.currency)

    return say(
        "Saving against refreshing each server at the end of its life: {refresh}; against keeping all but the idle "
        "servers: {without_idle}.",
        refresh=less("refresh"),
        without_idle=less("without_idle"),
    )


def excluded_line(a: Assessment) -> str:
    """What the money does not hold."""
    return say("Not included: {lines}.", lines=joined(excluded(a.scenario, virtualised=bool(a.case.virtualised.any()))))


def money_line(a: Assessment) -> str:
    """What is saved, and when it is earned back."""
    return say("This {saving}; it {payback}.", saving=saving_line(a), payback=payback_line(a))


def headline(a: Assessment) -> list[str]:
    """The whole answer, line by line."""
    return [
        f"{hosts_line(a)}. {proof_line(a)}",
        survival_line(a),
        *racks_line(a),
        *risk_line(a),
        money_line(a),
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
    if not now:
        turn = ""
    elif flip is None:
        turn = " " + say("No price of hosts above zero turns that.")
    else:
        turn = " " + say(
            "It turns at {flip} a host; the plan's cost {now} on average.",
            flip=amount(flip, a.scenario.currency),
            now=amount(now, a.scenario.currency),
        )
    if c.npv > 0:
        return say("On these lines the consolidation pays: its net present value is positive.") + turn
    return (
        say("On these lines it does not pay to replace what still runs: the net present value is negative.")
        + turn
        + " "
        + say("Where servers must be replaced anyway, compare with the refresh baseline.")
    )
