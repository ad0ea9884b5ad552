"""Counts with their nouns, one or many, as the reader's language says them: parts of sentences with several counts."""

from __future__ import annotations

from calc.language import say_many


def servers(count: int) -> str:
    """So many servers."""
    return say_many("{count:,} server", "{count:,} servers", count)


def hosts(count: int) -> str:
    """So many hosts."""
    return say_many("{count:,} host", "{count:,} hosts", count)


def workloads(count: int) -> str:
    """So many workloads."""
    return say_many("{count:,} workload", "{count:,} workloads", count)


def machines(count: int) -> str:
    """So many machines."""
    return say_many("{count:,} machine", "{count:,} machines", count)


def rows_set_aside(count: int) -> str:
    """So many rows that could not be used."""
    return say_many("{count:,} row set aside", "{count:,} rows set aside", count)


def inputs_assumed(count: int) -> str:
    """So many inputs that stand in for a reading."""
    return say_many("{count:,} input assumed", "{count:,} inputs assumed", count)


def left_behind(count: int) -> str:
    """So many machines that nobody moves although their server goes."""
    return say_many(
        "{count:,} machine on servers that go is in no wave, as it takes no part in the plan (powered off, a template): "
        "move or delete it first.",
        "{count:,} machines on servers that go are in no wave, as they take no part in the plan (powered off, templates): "
        "move or delete them first.",
        count,
    )
