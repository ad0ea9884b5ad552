"""Demand: which readings are planned on, how they grow, and what stands in where one is missing."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from calc.language import stored
from calc.scenario.setting import Settings, setting


class DemandSettings(Settings):
    """From readings to what a workload asks of a host."""

    cpu_statistic: Literal["p95", "peak"] = Field(
        default="p95",
        title="CPU reading to plan on",
        json_schema_extra={"group": "demand"},
        description="p95 is preferred where given, else peak; averages are multiplied by the peak factor. "
        "'peak' prefers the peak reading.",
    )
    time_slots: Literal["none", "day", "week"] = Field(
        default="none",
        title="Plan by time of day",
        json_schema_extra={"group": "demand"},
        description="Only with telemetry. none: each workload at its overall reading, all at once (the sum of peaks). day: "
        "24 hours; week: weekday and weekend x 24. CPU and network then hold in every slot (the peak of sums): workloads "
        "busy at different hours share hosts. A workload without telemetry counts in full in every slot.",
    )
    risk_allowed: float | None = Field(
        default=None,
        ge=0,
        lt=0.5,
        title="Risk: share of host-hours above capacity",
        json_schema_extra={"group": "demand"},
        description="Only with telemetry, planned by week. 0.001 is one host-hour in a thousand: cross-validation on the history "
        "chooses the percentile, and a margin, that keeps it on days not planned on, and workloads are planned at that "
        "reading. Empty: the reading chosen above.",
    )
    unmatched_workloads: Literal["leave_out", "assume_server"] = Field(
        default="leave_out",
        title="VMs whose host is not in the export",
        json_schema_extra={"group": "demand"},
        description="leave_out: they leave both sides of the comparison. assume_server: each missing host is added as a "
        "server like the most common one, counted as assumed.",
    )
    vcpu_sizing: Literal["right_sized", "as_installed"] = Field(
        default="right_sized",
        title="vCPUs of a server that becomes a VM",
        json_schema_extra={"group": "demand"},
        description="right_sized: what its CPU reading needs at the vCPU target, never more than its cores. as_installed: a vCPU "
        "for each physical core. Without a reading always the latter; VMs keep their own.",
    )
    vcpu_utilisation_target: float = setting(
        "vcpu_utilisation_target",
        "vCPU target utilisation",
        "How busy a right-sized vCPU may be at the planned CPU reading.",
        group="demand",
        gt=0,
        le=1,
    )
    cpu_mean_default: float = setting(
        "cpu_mean_default",
        "CPU utilisation where not measured",
        "Mean over time; counted as assumed.",
        group="demand",
        gt=0,
        le=1,
    )
    cpu_peak_factor: float = setting(
        "cpu_peak_factor",
        "Peak factor on averages",
        "A p95 is about this many times the mean.",
        group="demand",
        ge=1,
        le=20,
    )
    smt_throughput_gain: float = setting(
        "smt_throughput_gain",
        "Throughput gain of two threads a core",
        "Only for the high reading of CPU demand: CPU % from an operating system is not linear under SMT.",
        group="demand",
        ge=1,
        le=2,
    )
    cpu_growth_per_year: float = setting(
        "cpu_growth_per_year",
        "CPU and network growth a year",
        "Compound, over the whole horizon.",
        group="demand",
        ge=-0.5,
        le=1,
    )
    memory_growth_per_year: float = setting(
        "memory_growth_per_year",
        "Memory growth a year",
        "Compound, over the whole horizon.",
        group="demand",
        ge=-0.5,
        le=1,
    )
    memory_headroom_factor: float = setting(
        "memory_headroom_factor",
        "Memory headroom (physical servers)",
        "On the p95 or peak in use; never above what is installed.",
        group="demand",
        ge=1,
        le=3,
    )
    sockets_default: int = setting("sockets_default", "Sockets where not given", "", group="demand", ge=1, le=16)
    score_per_core_default: float = setting(
        "score_per_core_default", "CPU score where the model is unknown", "", group="demand", gt=0, le=50
    )
    threads_per_core_default: float = setting(
        "threads_per_core_default", "Threads per core where not given", "", group="demand", ge=1, le=8
    )
    disk_used_gib_default: float = setting(
        "disk_used_gib_default", "Disk in use where not given", "", group="demand", ge=0
    )
    rack_units_default: float = setting(
        "rack_units_default", "Rack units where not given", "", group="demand", ge=0, le=60
    )
    idle_cpu_threshold: float = setting(
        "idle_cpu_threshold",
        "Idle below",
        "A server whose highest CPU reading is below this may be switched off.",
        group="demand",
        ge=0,
        le=1,
    )

    @model_validator(mode="after")
    def _demand_consistent(self) -> Self:
        if self.risk_allowed is not None and self.time_slots != "week":
            raise ValueError(
                stored(
                    "risk_allowed = {risk_allowed:g} with time_slots = {time_slots!r}: a risk is chosen hour by hour of working days and weekends; set time_slots to 'week', or leave risk_allowed empty",
                    risk_allowed=self.risk_allowed,
                    time_slots=self.time_slots,
                )
            )
        return self
