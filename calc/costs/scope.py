"""What the money holds and what it does not, in words: said beside every saving."""

from __future__ import annotations

from calc.language import joined, stored
from calc.scenario import Scenario


def included(scenario: Scenario) -> str:
    """What the money holds, as a list in words: said beside every saving."""
    parts = [
        stored("hardware"),
        stored("shared storage"),
        stored("network ports"),
        stored("maintenance"),
        stored("energy"),
        stored("space"),
        stored("hypervisor"),
    ]
    parts += [stored("{name} licences", name=name) for name in _counted(scenario, counted=True)]
    parts += [stored("migration"), stored("parallel running")]
    parts += [stored("disposal")] if scenario.money("disposal_per_server") else []
    parts += [stored("resale")] if scenario.resale_fraction else []
    parts += [stored("backup and management hosts")] if scenario.management_hosts else []
    parts += [stored("disaster recovery")] if scenario.dr_fraction else []
    parts += [stored("your own lines")] if scenario.own_lines else []
    parts += [stored("administration labour")] if scenario.count_labour else []
    return stored("{most} and {last}", most=joined(parts[:-1]), last=parts[-1])


def excluded(scenario: Scenario, *, virtualised: bool) -> tuple[str, ...]:
    """What the money does not hold, and why where a statement of the user would add it.

    Parameters
    ----------
    scenario : Scenario
    virtualised : bool
        Whether a server of the estate is a hypervisor host today: what it may pay for that is on the baseline's side.
    """
    parts = []
    if virtualised and scenario.baseline_hypervisor_per_core_per_year is None:
        parts.append(stored("today's hypervisor subscription (what is paid is not stated)"))
    parts += [
        stored("{name} licences (what is owned is not stated)", name=name) for name in _counted(scenario, counted=False)
    ]
    if not scenario.windows_cals or scenario.windows_licences != "none_owned":
        parts.append(stored("client access licences"))
    if not scenario.count_esu:
        parts.append(stored("security updates of systems without support"))
    if not scenario.count_labour:
        parts.append(stored("administration labour (shown apart)"))
    if not scenario.money("disposal_per_server"):
        parts.append(stored("wiping and disposal (no price found)"))
    if not scenario.resale_fraction:
        parts.append(stored("resale"))
    if not scenario.management_hosts:
        parts.append(stored("backup and management hosts"))
    if not scenario.money("network_port_per_year") and not scenario.money("san_port_per_year"):
        parts.append(stored("ports of machines already there (no yearly price stated)"))
    return (*parts, stored("tax"))


def _counted(scenario: Scenario, *, counted: bool) -> list[str]:
    stated = {
        "Windows Server": scenario.windows_licences,
        "SQL Server": scenario.sql_licences,
        "Red Hat": scenario.rhel_subscription,
        "Oracle": scenario.oracle_licences,
    }
    return [name for name, value in stated.items() if (value != "not_stated") is counted]
