"""Demand by hour, split into what is planned on and what is tested on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from calc.errors import InputError
from calc.language import stored
from calc.profiles import Telemetry

HOURS_PER_DAY = 24
HOURS_PER_WEEK = 168
#: Hours of the day, on working days and on weekends.
SLOTS = 48


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """CPU demand of every workload, hour by hour.

    Attributes
    ----------
    names : tuple of str
    mean, maximum : ndarray of float, shape (n, hours)
        Mean and highest reading within each hour, in any one unit that host capacity shares
        (MHz, compute units). The sum of hourly maxima is above what hosts really saw, as peaks
        within an hour need not coincide; the sum of means is below: the truth lies between.
    memory : ndarray of float, shape (n,)
        Memory of each workload, which does not vary: what is configured stays taken [GiB].
    first_hour : int
        Hour of the week of the first column, 0 is Monday 00:00.

    Raises
    ------
    InputError
        When shapes disagree, a reading is missing or negative, or a mean is above its maximum.
    """

    names: tuple[str, ...]
    mean: np.ndarray
    maximum: np.ndarray
    memory: np.ndarray
    first_hour: int = 0

    def __post_init__(self) -> None:
        count = len(self.names)
        if self.mean.shape != self.maximum.shape or self.mean.ndim != 2 or len(self.mean) != count:
            raise InputError(
                stored(
                    "history: mean {shape} and maximum {shape2} must both be ({count} workloads, hours)",
                    shape=self.mean.shape,
                    shape2=self.maximum.shape,
                    count=count,
                )
            )
        if self.memory.shape != (count,):
            raise InputError(
                stored("history: memory has shape {shape}, expected ({count},)", shape=self.memory.shape, count=count)
            )
        if not 0 <= self.first_hour < HOURS_PER_WEEK:
            raise InputError(
                stored(
                    "history: first_hour = {first_hour} is not an hour of the week (0-167)", first_hour=self.first_hour
                )
            )
        for label, values in (("mean", self.mean), ("maximum", self.maximum), ("memory", self.memory)):
            bad = ~np.isfinite(values) | (values < 0)
            if bad.any():
                place = np.argwhere(bad)[0]
                where = f"workload {self.names[place[0]]!r}" + (f", hour {place[1]}" if len(place) > 1 else "")
                raise InputError(
                    stored(
                        "history: {label} of {where} is {values} ({bad} such in all); fill gaps first (History.from_frames "
                        "does, and counts them)",
                        label=label,
                        where=where,
                        values=values[tuple(place)],
                        bad=int(bad.sum()),
                    )
                )
        above = self.mean > self.maximum * (1 + 1e-6) + 1e-9
        if above.any():
            row, hour = np.argwhere(above)[0]
            raise InputError(
                stored(
                    "history: the mean of workload {names!r} in hour {hour} ({mean:g}) is above its maximum "
                    "({maximum:g}); are the two tables exchanged?",
                    names=self.names[row],
                    hour=hour,
                    mean=self.mean[row, hour],
                    maximum=self.maximum[row, hour],
                )
            )

    @property
    def hours(self) -> int:
        """Number of hours."""
        return int(self.mean.shape[1])

    def part(self, start: int, stop: int) -> History:
        """The hours from ``start`` to before ``stop``."""
        if not 0 <= start < stop <= self.hours:
            raise InputError(
                stored(
                    "history: hours {start} to {stop} of {hours} cannot be taken",
                    start=start,
                    stop=stop,
                    hours=self.hours,
                )
            )
        return replace(
            self,
            mean=self.mean[:, start:stop],
            maximum=self.maximum[:, start:stop],
            first_hour=(self.first_hour + start) % HOURS_PER_WEEK,
        )

    def split(self, train_hours: int) -> tuple[History, History]:
        """(what is planned on, what is tested on)."""
        return self.part(0, train_hours), self.part(train_hours, self.hours)

    def slots(self) -> np.ndarray:
        """Slot of each hour: hour of the day on working days (0-23) and on weekends (24-47)."""
        hour = (self.first_hour + np.arange(self.hours)) % HOURS_PER_WEEK
        weekend = hour >= 5 * HOURS_PER_DAY
        return hour % HOURS_PER_DAY + weekend * HOURS_PER_DAY

    @classmethod
    def from_arrays(
        cls, names: Sequence[str], mean: np.ndarray, maximum: np.ndarray, memory: np.ndarray, start: pd.Timestamp
    ) -> tuple[History, int]:
        """A history from arrays, such as telemetry by server and hour.

        Parameters
        ----------
        names : sequence of str
        mean, maximum : ndarray, shape (n, hours)
            NaN where a reading is missing; filled as `from_frames` does.
        memory : ndarray, shape (n,)
            [GiB]
        start : Timestamp
            Hour of the first column.

        Returns
        -------
        (History, int)
            And how many readings were filled.
        """
        hours = pd.date_range(start, periods=mean.shape[1], freq="h")
        return cls.from_frames(
            pd.DataFrame(mean, index=list(names), columns=hours),
            pd.DataFrame(maximum, index=list(names), columns=hours),
            pd.Series(memory, index=list(names)),
        )

    @classmethod
    def from_telemetry(
        cls, telemetry: Telemetry, demand: pd.DataFrame, among: Collection[str]
    ) -> tuple[History, int] | None:
        """The history of the workloads that have CPU readings, in the compute units that demand is formed in.

        CPU is share x cores x score per core, with the hypervisor's overhead and without growth: what
        the days showed. Memory is what is planned [GiB].

        Parameters
        ----------
        telemetry : Telemetry
        demand : DataFrame
            workload, cores, score_per_core, overhead, memory_gib.
        among : collection of str
            Workloads to look at.

        Returns
        -------
        (History, int) or None
            And how many readings were filled; None where none of them has any.
        """
        read = ~np.isnan(telemetry.maximum["cpu"]).all(axis=1)
        rows = [row for row, name in enumerate(telemetry.servers) if read[row] and name in among]
        if not rows:
            return None
        names = [telemetry.servers[row] for row in rows]
        own = demand.set_index("workload").loc[names]
        units = (own["cores"] * own["score_per_core"] * own["overhead"]).to_numpy(float)[:, None]
        start = pd.Timestamp(int(telemetry.hours[0]), unit="s", tz="UTC").tz_convert(telemetry.zone).tz_localize(None)
        return cls.from_arrays(
            names,
            telemetry.mean["cpu"][rows] * units,
            telemetry.maximum["cpu"][rows] * units,
            own["memory_gib"].to_numpy(float),
            start,
        )

    @classmethod
    def from_frames(cls, mean: pd.DataFrame, maximum: pd.DataFrame, memory: pd.Series) -> tuple[History, int]:
        """A history from tables with workloads as rows and hours (timestamps) as columns.

        Parameters
        ----------
        mean, maximum : DataFrame
            Same rows; columns are timestamps an hour apart. Missing hours and cells are filled
            with the workload's reading of the hour before (the first with the one after).
        memory : Series
            By workload [GiB].

        Returns
        -------
        (History, int)
            And how many cells were filled.

        Raises
        ------
        InputError
            When a workload has no reading at all, or rows disagree.
        """
        if list(mean.index) != list(maximum.index) or set(mean.index) - set(memory.index):
            raise InputError(stored("history: mean, maximum and memory must hold the same workloads in the same order"))
        hours = pd.date_range(mean.columns.min(), mean.columns.max(), freq="h")
        tables = []
        filled = 0
        for table in (mean, maximum):
            table = table.reindex(columns=hours)
            filled += int(table.isna().sum().sum())
            table = table.ffill(axis=1).bfill(axis=1)
            empty = table.isna().any(axis=1)
            if empty.any():
                raise InputError(
                    stored(
                        "history: workload {index!r} has no reading at all; leave it out", index=table.index[empty][0]
                    )
                )
            tables.append(table.to_numpy(dtype=np.float64))
        first = hours[0]
        return cls(
            tuple(map(str, mean.index)),
            tables[0],
            tables[1],
            memory.reindex(mean.index).to_numpy(dtype=np.float64),
            int(first.weekday() * HOURS_PER_DAY + first.hour),
        ), filled
