"""What an estate shows: each finding by a hand-made case, and silence where nothing is wrong."""

from __future__ import annotations

import pytest

import calc
from calc import findings
from calc.catalogue import allowed_hosts
from tests.make import csv, host_row, rvtools, vm_row


def found(data: bytes, scenario: calc.Scenario | None = None) -> dict[str, findings.Finding]:
    answer = calc.assess(calc.read_inventory(data), scenario)
    hosts = allowed_hosts(answer.scenario)
    return {
        item.kind: item
        for item in findings.find(answer.inventory, answer.estate, answer.demand, answer.scenario, hosts)
    }


HEADER = "hostname,serial,cpu_model,cores,memory_gib,CPU max %,Mem p95 %,net_mbps_p95,os,purchase date,database,devices,virtual,power state"
XEON = "Intel Xeon E5-2680 v4"


def row(name: str, **more: object) -> str:
    cells = {"serial": "", "cpu": XEON, "cores": 28, "memory": 128, "peak": 40, "mem": 60, "net": 100, "os": "Windows Server 2022", "bought": 2024,
             "database": "", "devices": "", "virtual": "no", "power": "on", **more}  # fmt: skip
    return ",".join(map(str, (name, *cells.values())))


def test_a_sound_server_gives_no_finding() -> None:
    assert found(csv(HEADER, row("a"), row("b"))) == {}


def test_each_finding_by_hand() -> None:
    data = csv(
        HEADER,
        row("sound"),
        row("zombie", peak=1, net=0.1),
        row("quiet", peak=1, net=""),
        row("off", power="powered off", peak=""),
        row("vm1", virtual="yes"),
        row("roomy", mem=10),
        row("old", bought=2015),
        row("w2012", os="Windows Server 2012 R2"),
        row("giant", memory=32768, mem=95),
        row("ibm", cpu="IBM POWER8"),
        row("dongle", devices="USB dongle"),
        row("ora", database="Oracle 19c"),
        row("twin1", serial="S1"),
        row("twin2", serial="s1"),
        row("sound.corp"),
    )
    out = found(data)
    lists = {kind: list(item.machines["machine"]) for kind, item in out.items()}
    assert lists["zombie"] == ["zombie", "quiet", "off"]
    assert "look before" in out["zombie"].machines["reason"].iloc[1]
    assert lists["already_virtual"] == ["vm1"]
    assert lists["oversized_memory"] == ["roomy"]
    assert out["oversized_memory"].machines["spare_gib"].tolist() == [112]  # 128 - ceil(128 x 10 % x 1.25)
    assert lists["old_hardware"] == ["old"]
    assert lists["old_system"] == ["w2012"]
    assert lists["stay_physical"] == ["giant", "ibm", "dongle", "ora"]
    assert lists["duplicate"] == ["twin1, twin2", "sound, sound.corp"]
    assert "kWh a year" in out["zombie"].worth and "112 GiB" in out["oversized_memory"].worth


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("Microsoft Windows Server 2008 R2 (64-bit)", "Windows Server 2008 and 2008 R2"),
        ("Microsoft Windows Server 2003 Standard", "Windows Server 2000 or 2003"),
        ("Red Hat Enterprise Linux 7 (64-bit)", "RHEL 7"),
        ("RHEL 6.10", "RHEL 4 to 6"),
        ("CentOS 7.9", "CentOS 7"),
        ("CentOS 4/5/6/7 (64-bit)", None),  # says nothing about the version
        ("Ubuntu 18.04.6 LTS", "Ubuntu 20.04 and older"),
        ("Ubuntu 24.04", None),
        ("Debian GNU/Linux 9", "Debian 10 and older"),
        ("Debian GNU/Linux 12", None),
        ("VMware Photon OS", None),
    ],
)
def test_operating_systems(name: str, family: str | None) -> None:
    support = findings.system_support(name)
    assert (support[0] if support else None) == family


def test_vms_of_listed_hosts_are_not_reported_as_lost() -> None:
    out = found(rvtools([host_row("esx1")], [vm_row("a", "esx1"), vm_row("b", "esx1")]))
    assert "already_virtual" not in out


def test_the_real_workbook(rvtools_workbook) -> None:
    inventory = calc.read_inventory(rvtools_workbook)
    out = found(rvtools_workbook.read_bytes())
    assert out["already_virtual"].count == inventory.join.unmatched_workloads == 28
    assert out["old_system"].count > 50
