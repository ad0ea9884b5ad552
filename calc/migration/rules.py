"""What bounds a migration: people, windows, link, risk, and the times things take."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, fields

from calc import assumptions
from calc.errors import ScenarioError
from calc.language import stored


def _default(name: str) -> float:
    return assumptions.default(name).value


def _rule(name: str) -> float:
    value: float = field(default_factory=lambda: _default(name), metadata={"assumption": name})
    return value


@dataclass(frozen=True, slots=True)
class MigrationRules:
    """Every default is a row of data/reference/assumptions.csv.

    Attributes
    ----------
    start : date
        When the project starts: hosts are ordered from this day on.
    people : float
        Who work in one window.
    window_h : float
        Length of a window.
    windows_per_week : float
    hours_per_workload : float
        Work of one person on one workload.
    link_mbps : float
        Speed at which data is copied.
    change_per_day : float
        Share of the data in use that changes in a day: it is copied again.
    sync_interval_h : float
        How often the copy is refreshed; what changed since is sent while the workload stands still.
    switch_h : float
        Downtime of a workload beyond its last synchronisation.
    risk_per_wave, risk_production, risk_database : float
        Points; a workload that is neither production nor a database counts 1.
    verify_days, decommission_days : float
        How long the source is kept for a roll-back, and how long it takes to remove it.
    lead_time_weeks, build_days : float
        From order to delivery, and from delivery to service.
    """

    start: dt.date
    people: float = _rule("migration_people")
    window_h: float = _rule("migration_window_h")
    windows_per_week: float = _rule("migration_windows_per_week")
    hours_per_workload: float = _rule("migration_hours_per_workload")
    link_mbps: float = _rule("migration_link_mbps")
    change_per_day: float = _rule("migration_change_per_day")
    sync_interval_h: float = _rule("migration_sync_interval_h")
    switch_h: float = _rule("migration_switch_h")
    risk_per_wave: float = _rule("migration_risk_per_wave")
    risk_production: float = _rule("migration_risk_production")
    risk_database: float = _rule("migration_risk_database")
    verify_days: float = _rule("migration_verify_days")
    decommission_days: float = _rule("migration_decommission_days")
    lead_time_weeks: float = _rule("host_lead_time_weeks")
    build_days: float = _rule("host_build_days")

    def __post_init__(self) -> None:
        positive = ("people", "window_h", "windows_per_week", "hours_per_workload", "link_mbps", "risk_per_wave")
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name == "start":
                continue
            if not value >= 0 or (item.name in positive and not value > 0) or value == float("inf"):
                least = stored("more than zero") if item.name in positive else stored("zero or more")
                raise ScenarioError(
                    stored("migration: {name} = {value!r} must be {least}", name=item.name, value=value, least=least)
                )
        if self.switch_h > self.window_h:
            raise ScenarioError(
                stored(
                    "migration: a switch of {switch_h:g} h does not fit a window of {window_h:g} h; lengthen the window",
                    switch_h=self.switch_h,
                    window_h=self.window_h,
                )
            )

    @property
    def hours_per_window(self) -> float:
        """People-hours of one window."""
        return self.people * self.window_h

    def copy_h(self, gib: float) -> float:
        """Hours to send so much data over the link.

        Examples
        --------
        >>> rules = MigrationRules(dt.date(2026, 1, 5), link_mbps=1000)
        >>> round(rules.copy_h(100), 3)  # 100 x 1.0737 GB x 8 / 1 Gbit/s
        0.239
        """
        return gib * 1024**3 * 8 / (self.link_mbps * 1e6) / 3600

    def delta_gib(self, gib: float) -> float:
        """Data that changed since the last refresh of the copy, never more than all of it."""
        return min(gib, gib * self.change_per_day * self.sync_interval_h / 24)
