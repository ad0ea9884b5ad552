"""Readings over time as plain arrays: what telemetry gives and what demand and back-tests take."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

#: Shapes of a profile and their number of slots; "hourly" has as many as the history has hours.
SHAPES = {"day": 24, "week": 48}
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Utilisation by time slot.

    Attributes
    ----------
    servers : tuple of str
    slots : tuple of str
        Labels: "00" … "23", "weekday 00" … "weekend 23", or the hours of the history.
    mean, p95, maximum : ndarray of float, shape (n_servers, n_slots)
        Share of the machine, 0-1; NaN where a slot holds no reading. For "hourly", ``p95`` is the
        maximum of the hour: an hour holds too few readings for a percentile.
    confidence : ndarray of float, shape (n_servers,)
        Share of the expected readings that are there, 0-1.
    """

    servers: tuple[str, ...]
    slots: tuple[str, ...]
    mean: np.ndarray
    p95: np.ndarray
    maximum: np.ndarray
    confidence: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Telemetry:
    """Hourly readings of many servers.

    Attributes
    ----------
    servers : tuple of str
    hours : ndarray of int64, shape (n_hours,)
        Start of each hour, seconds since 1970-01-01 UTC, ascending, without gaps.
    zone : str
        Time zone (IANA name) of the slots.
    mean, maximum : dict of str to ndarray of float32, shape (n_servers, n_hours)
        By metric (``cpu``, ``memory``: share 0-1; ``network``: Mbit/s); NaN where nothing was read.
    readings : ndarray of int32, shape (n_servers, n_hours)
        CPU readings of each hour.
    slots : dict of (str, str) to Profile
        By metric and shape ("day", "week").
    interval_s : ndarray of int64, shape (n_servers,)
        Usual distance of two readings, seconds.
    coverage : ndarray of float, shape (n_servers,)
        Readings there ÷ readings expected over the whole history, 0-1.
    overall : dict of (str, str) to ndarray of float, shape (n_servers,)
        By metric and statistic (``mean``, ``p95``, ``maximum``) over all readings.
    sources : tuple of (str, str)
        Name and SHA-256 of each file.
    notes : tuple of str
    """

    servers: tuple[str, ...]
    hours: np.ndarray
    zone: str
    mean: dict[str, np.ndarray]
    maximum: dict[str, np.ndarray]
    readings: np.ndarray
    slots: dict[tuple[str, str], Profile]
    interval_s: np.ndarray
    coverage: np.ndarray
    overall: dict[tuple[str, str], np.ndarray]
    sources: tuple[tuple[str, str], ...] = ()
    rows: int = 0
    rows_set_aside: int = 0
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        shape = (len(self.servers), len(self.hours))
        for name, values in (*self.mean.items(), *self.maximum.items(), ("readings", self.readings)):
            if values.shape != shape:
                raise ValueError(f"{name} has shape {values.shape}; servers x hours is {shape}")

    def profile(self, shape: str = "day", metric: str = "cpu") -> Profile:
        """A profile of every server.

        Parameters
        ----------
        shape : {'day', 'week', 'hourly'}
            24 hours; weekday and weekend x 24; every hour of the history.
        metric : {'cpu', 'memory', 'network'}

        Raises
        ------
        KeyError
            When the files hold no such metric.
        """
        if shape != "hourly":
            return self.slots[metric, shape]
        top = self.maximum[metric]
        labels = tuple(np.datetime_as_string(self.hours.astype("datetime64[s]"), unit="h").tolist())
        return Profile(self.servers, labels, self.mean[metric], top, top, self.coverage)
