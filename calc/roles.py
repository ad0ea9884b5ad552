"""What a workload is for, guessed from words in its name, application and environment.

Guesses decide no placement by themselves: they order a restart, bound a migration wave and
suggest rules, and every page that uses them shows them for correction.
"""

from __future__ import annotations

import re

#: Words that mark an environment as not production. One that says nothing counts as production.
_NOT_PRODUCTION = re.compile(
    r"\b(test|tst|dev|development|qa|uat|stage|staging|sandbox|lab|training|demo|pre-?prod|preproduction|non-?prod\w*)\b"
    r"|테스트|개발|검증|스테이징",
    re.IGNORECASE,
)


def _words(*words: str) -> re.Pattern[str]:
    """Any of the words, alone or before a number (``db01``, ``frpdb-2``), not inside another word."""
    alone = "|".join(words)
    return re.compile(rf"(?<![a-z])({alone})(?![a-z])|({alone})[-_]?\d", re.IGNORECASE)


_DATABASE = _words(
    "db", "sql", "mysql", "mssql", "postgres", "pgsql", "oracle", "ora", "mongo", "mariadb", "hana", "db2", "database"
)
_INFRASTRUCTURE = _words("dns", "dhcp", "ldap", "ntp", "radius", "domain", "activedirectory", "dc", "ad", "idm")
_FRONT = _words("web", "www", "front", "frontend", "proxy", "nginx", "haproxy", "iis", "apache", "lb")

#: Restart tiers, first to last.
TIERS = ("infrastructure", "database", "application", "front end", "not production")


def is_production(environment: str) -> bool:
    """Whether an environment must be treated as production.

    Examples
    --------
    >>> is_production("UAT"), is_production("prod"), is_production(""), is_production("pre-prod")
    (False, True, True, False)
    """
    return _NOT_PRODUCTION.search(environment) is None


def is_database(name: str, application: str = "") -> bool:
    """Whether a name or application says database.

    Examples
    --------
    >>> is_database("frpdb001"), is_database("db01"), is_database("adbloc"), is_database("x", "SQL Server")
    (True, True, False, True)
    """
    return bool(_DATABASE.search(application) or _DATABASE.search(name))


#: Other words for the tiers, by position: numbers, and the priorities of vSphere HA.
_STATED = (("1", "highest"), ("2", "high"), ("3", "medium"), ("4", "low"), ("5", "lowest"))


def stated_tier(text: str) -> int | None:
    """Position in `TIERS` that a stated restart priority means; None where it means none.

    Examples
    --------
    >>> [stated_tier(text) for text in ("Database", "1", "3.0", "Lowest", "front-end", "soon")]
    [1, 0, 2, 4, 3, None]
    """
    folded = text.strip().casefold().replace("-", " ").replace("_", " ").removesuffix(".0")
    for position, words in enumerate(_STATED):
        if folded == TIERS[position] or folded in words:
            return position
    return None


def restart_tier(name: str, application: str, environment: str) -> int:
    """Position in `TIERS`.

    Examples
    --------
    >>> [TIERS[restart_tier(name, "", "prod")] for name in ("dns1", "erp-db1", "erp-app1", "web-1")]
    ['infrastructure', 'database', 'application', 'front end']
    >>> TIERS[restart_tier("erp-db1", "", "test")]
    'not production'
    """
    if not is_production(environment):
        return TIERS.index("not production")
    if _INFRASTRUCTURE.search(name) or _INFRASTRUCTURE.search(application):
        return TIERS.index("infrastructure")
    if is_database(name, application):
        return TIERS.index("database")
    if _FRONT.search(name):
        return TIERS.index("front end")
    return TIERS.index("application")
