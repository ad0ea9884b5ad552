"""The hand-over is accepted by real tools, and no text of an inventory can break out of its files."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import calc
from calc.errors import InputError
from calc.handover import Target, ansible, handover_files, handover_zip, hyperv, libvirt, safe_names, target, toolkits
from calc.handover import write_handover as write
from tests.make import inventory

HOSTILE = (
    "plain01",
    "quote's",
    "Quote’s‘‚‛“",
    'double"quote',
    "</name><on_crash>destroy</on_crash><name>",
    "]]><!-- & -->",
    "$(touch /tmp/broken)",
    "`touch /tmp/broken`; rm -rf /",
    "{{ lookup('pipe', 'touch /tmp/broken') }}",
    "{% for x in y %}",
    "!!python/object/apply:os.system ['true']",
    "key: value # comment",
    "- item",
    "a,b",
    "=cmd|' /C calc'!A0",
    "-2+3+cmd",
    "../../etc/passwd",
    "서버-01",
    "NUL",
    "nul",
    "db[0:99]",
    "trailing.",
    "01",
    "25701e6a-b1ad-58df-97e6-9e93719fbe2c",
    "x" * 90,
    "emoji 🚀 server",
    "PLAIN01",
)


def tool(name: str) -> str:
    """Path of a program; skips with a reason where it is missing, except in CI."""
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is missing, and CI must not skip this: tests/setup_handover.sh installs it")
        pytest.skip(f"{name} is not installed: tests/setup_handover.sh installs it as root on Debian")
    return found


@pytest.fixture(scope="module")
def hostile() -> calc.Assessment:
    """An estate in which every text column is an attack."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["hostname", "cores", "memory_gib", "CPU p95 %", "disk_gib", "os", "application", "environment"])
    for position, name in enumerate(HOSTILE):
        other = HOSTILE[(position + 3) % len(HOSTILE)]
        system = "Windows Server 2016 " + other if position % 2 else other
        rows.writerow([name, 4, 16, 20, 100 + position, system, name, other])
    return calc.assess(calc.read_inventory(out.getvalue().encode(), name="hostile.csv"))


@pytest.fixture(scope="module")
def goal(hostile: calc.Assessment) -> Target:
    return target(hostile)


def test_every_placed_workload_becomes_one_machine(hostile: calc.Assessment, goal: Target) -> None:
    assert sorted(machine.workload for machine in goal.machines) == sorted(hostile.placement["workload"])
    assert len(goal.machines) == len(HOSTILE) - 2  # two differ in case only from another: the reader sets them aside
    assert len({machine.name.lower() for machine in goal.machines}) == len(goal.machines)
    assert len({machine.uuid for machine in goal.machines}) == len(goal.machines)
    homes = dict(zip(hostile.placement["workload"], hostile.placement["host"], strict=True))
    assert all(machine.host == homes[machine.workload] for machine in goal.machines)


def test_the_size_of_a_machine_by_hand() -> None:
    # 8 cores at 30 %: 2.4 x 1.05^5 / 0.7 = 4.38 -> 5 vCPUs with growth; 50 % of 32 GiB x 1.25 = 20 GiB, and the
    # hypervisor's overhead is the host's, not the guest's.
    answer = calc.assess(
        inventory("hostname,cores,memory_gib,CPU p95 %,Mem p95 %,disk_gib", "a,8,32,30,50,120", "b,8,32,30,50,")
    )
    by_name = {machine.name: machine for machine in target(answer).machines}
    assert (by_name["a"].vcpus, by_name["a"].memory_mib, by_name["a"].disk_gib) == (5, 20 * 1024, 120)
    assert (by_name["a"].disk_basis, by_name["b"].disk_basis, by_name["b"].disk_gib) == ("installed", "in use", 159)


def test_memory_is_what_every_hypervisor_takes() -> None:
    # 20 GiB x 1.07^5 = 28.05 GiB = 28,724.3 MiB: to the next 4, as vSphere (4) and Hyper-V (2) refuse what lies between.
    answer = calc.assess(
        inventory("hostname,cores,memory_gib,CPU p95 %,Mem p95 %", "a,8,32,30,50"),
        calc.Scenario(memory_growth_per_year=0.07),
    )
    (machine,) = target(answer).machines
    assert machine.memory_mib == 28_728
    assert f"-MemoryBytes {28_728 * 1024**2} " in hyperv.script(target(answer))


@given(st.lists(st.text(max_size=80), max_size=12))
def test_names_are_safe_and_unique(texts: list[str]) -> None:
    names = safe_names(texts)
    assert len({name.lower() for name in names}) == len(texts)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) and len(name) <= 60 for name in names)
    assert names == safe_names(texts)


def test_paths_stay_inside_the_folder(hostile: calc.Assessment) -> None:
    for path in handover_files(hostile):
        assert re.fullmatch(r"[A-Za-z0-9._/-]+", path) and ".." not in path.split("/"), path


def test_libvirt_files_hold_to_the_schemas(hostile: calc.Assessment, tmp_path: Path) -> None:
    validate = tool("virt-xml-validate")
    folder = write(hostile, tmp_path / "out") / "libvirt"
    kinds = {"domains": "domain", "networks": "network", "storage": "storagepool", "volumes": "storagevol"}
    checked = 0
    for part, kind in kinds.items():
        found = sorted((folder / part).rglob("*.xml"))
        assert found
        for path in found:
            done = subprocess.run([validate, str(path), kind], capture_output=True, text=True)
            assert done.returncode == 0, f"{path.name}: {done.stdout}{done.stderr}"
            checked += 1
    assert checked == 2 * (len(HOSTILE) - 2) + 2


def test_libvirt_defines_starts_and_removes_every_machine(goal: Target, tmp_path: Path) -> None:
    """In libvirt's test driver, which lives as long as one connection: one call for all."""
    virsh = tool("virsh")
    orders = []
    networks = tuple(goal.networks)
    for number, name in enumerate(networks):
        path = tmp_path / f"network-{number}.xml"
        path.write_text(libvirt.network_xml(name, networks), encoding="utf-8")
        orders += [f"net-define {path}", f"net-start {name}"]
    for number, name in enumerate(goal.storage_pools):
        path = tmp_path / f"pool-{number}.xml"
        path.write_text(libvirt.storage_pool_xml(name), encoding="utf-8")
        orders += [f"pool-define {path}", f"pool-start {name}"]
    for number, machine in enumerate(goal.machines):
        path = tmp_path / f"domain-{number}.xml"
        path.write_text(libvirt.domain_xml(machine, kind="test"), encoding="utf-8")
        volume = tmp_path / f"volume-{number}.xml"
        volume.write_text(libvirt.volume_xml(machine), encoding="utf-8")
        orders += [f"vol-create {machine.storage_pool} {volume}"]
        orders += [f"define {path}", f"start {machine.name}", f"dominfo {machine.name}"]
        orders += [f"destroy {machine.name}", f"undefine {machine.name}"]
    orders += ["list --all --name"]
    done = subprocess.run(
        [virsh, "-c", "test:///default", "; ".join(orders)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr.lower(), done.stderr
    for word in ("defined from", "started", "destroyed", "has been undefined"):
        assert done.stdout.count(word) >= len(goal.machines), word
    for machine in goal.machines:
        assert re.search(rf"^UUID:\s+{machine.uuid}$", done.stdout, re.MULTILINE), machine.name
        assert re.search(rf"^Domain '{re.escape(machine.name)}' has been undefined$", done.stdout, re.MULTILINE)


def test_xml_keeps_hostile_text_as_text(goal: Target) -> None:
    for machine in goal.machines:
        root = ElementTree.fromstring(libvirt.domain_xml(machine))
        assert root.findtext("name") == machine.name
        assert [child.tag for child in root].count("on_crash") == 1
        assert (root.findtext("title") or "").startswith(machine.workload[:20].split("\n")[0].strip()[:5])


def test_the_shell_script_holds_safe_words_only(goal: Target) -> None:
    text = libvirt.script(goal)
    for line in text.splitlines():
        if line.startswith(("on host", "# host")):
            assert re.fullmatch(r"[A-Za-z0-9 ./_#-]+", line), line
    done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_the_shell_script_calls_virsh_as_written(goal: Target, tmp_path: Path) -> None:
    """Run with a stand-in for virsh: every file it names exists, hosts are reached one by one."""
    for path, content in libvirt.files(goal).items():
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, encoding="utf-8")
    stand_in = tmp_path / "bin" / "virsh"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\necho "$@" >> "$LOG"\n')
    stand_in.chmod(0o755)
    log = tmp_path / "log"
    environment = {"PATH": f"{stand_in.parent}:/usr/bin:/bin", "LOG": str(log)}
    subprocess.run(["sh", str(tmp_path / "libvirt" / "define.sh")], check=True, env=environment)
    calls = log.read_text().splitlines()
    assert sum(" define " in call for call in calls) == len(goal.machines)
    assert sum(" vol-create " in call for call in calls) == len(goal.machines)
    for call in calls:
        words = call.split()
        assert words[0] == "-c" and re.fullmatch(r"qemu\+ssh://host-\d+/system", words[1]), call
        if words[-1].endswith(".xml"):
            assert (tmp_path / "libvirt" / words[-1]).is_file(), call


def _powershell(text: str) -> tuple[bool, list[str]]:
    import tree_sitter_powershell
    from tree_sitter import Language, Parser

    root = Parser(Language(tree_sitter_powershell.language())).parse(text.encode()).root_node
    commands = []

    def walk(node: object) -> None:
        if node.type == "command_name":  # type: ignore[attr-defined]
            commands.append(node.text.decode())  # type: ignore[attr-defined]
        for child in node.children:  # type: ignore[attr-defined]
            walk(child)

    walk(root)
    return root.has_error, commands


def test_powershell_parses_and_runs_no_word_of_the_inventory(goal: Target) -> None:
    text = hyperv.script(goal)
    assert text.isascii()
    has_error, commands = _powershell(text)
    assert not has_error
    ours = {
        *("Set-StrictMode", "New-PlannedVM", "Get-VM", "Join-Path", "New-VHD", "Out-Null", "New-VM", "Set-VM"),
        *("Add-ClusterVirtualMachineRole", "New-Object", "Get-ClusterGroup"),
    }
    assert set(commands) <= ours
    assert commands.count("New-PlannedVM") == len(goal.machines)


@given(st.text(max_size=40))
def test_a_powershell_literal_is_the_text(text: str) -> None:
    text = text.encode("utf-16-le", "replace").decode("utf-16-le")
    made = hyperv.literal(text)
    assert made.isascii() and made.isprintable()
    units = bytearray()
    for piece in re.findall(r"'(?:[^']|'')*'|\[char\]0x[0-9A-F]{4}", made):
        if piece.startswith("'"):
            units += piece[1:-1].replace("''", "'").encode("utf-16-le")
        else:
            units += int(piece[8:], 16).to_bytes(2, "little")
    assert units.decode("utf-16-le") == text
    rest = re.sub(r"'(?:[^']|'')*'|\[char\]0x[0-9A-F]{4}", "", made)
    assert re.fullmatch(r"[() +]*", rest)  # nothing stands outside strings and numbers


def test_ansible_reads_the_inventory_and_runs_no_template(goal: Target, tmp_path: Path) -> None:
    program = tool("ansible-inventory")
    path = tmp_path / "inventory.yml"
    path.write_text(ansible.inventory(goal), encoding="utf-8")
    done = subprocess.run(
        [program, "-i", str(path), "--list"],
        capture_output=True,
        text=True,
        env={**os.environ, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "ANSIBLE_LOCAL_TEMP": str(tmp_path)},
    )
    assert done.returncode == 0 and "WARNING" not in done.stderr, done.stderr
    found = json.loads(done.stdout)
    variables = found["_meta"]["hostvars"]
    assert set(found["machines"]["hosts"]) == {machine.name for machine in goal.machines}
    assert set(found["virtualisation_hosts"]["hosts"]) == {host.name for host in goal.hosts}
    for machine in goal.machines:
        mine = variables[machine.name]
        kept = mine["workload"]
        kept = kept["__ansible_unsafe"] if isinstance(kept, dict) else kept
        assert kept == machine.workload and mine["vm_host"] == machine.host
        assert mine["memory_mib"] == machine.memory_mib
    assert not Path("/tmp/broken").exists()


def test_no_machine_is_called_like_a_host_of_the_plan_or_a_group(tmp_path: Path) -> None:
    program = tool("ansible-inventory")
    rows = [
        f"{name},4,16,20,Shop" for name in ("all", "Ungrouped", "localhost", "host-01", "machines", "application_shop")
    ]
    goal = target(calc.assess(inventory("hostname,cores,memory_gib,CPU p95 %,application", *rows)))
    assert "host-01" in {host.name for host in goal.hosts}
    path = tmp_path / "inventory.yml"
    path.write_text(ansible.inventory(goal), encoding="utf-8")
    order = [program, "-i", str(path), "--list"]
    environment = {**os.environ, "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "ANSIBLE_LOCAL_TEMP": str(tmp_path)}
    done = subprocess.run(order, capture_output=True, text=True, env=environment)
    assert done.returncode == 0 and "WARNING" not in done.stderr, done.stderr
    found = json.loads(done.stdout)
    # Every machine and every host is one of its own, and none has taken a group's place.
    assert len(found["_meta"]["hostvars"]) == len(goal.machines) + len(goal.hosts)
    assert set(found["machines"]["hosts"]) == {machine.name for machine in goal.machines}
    assert "model" not in found["_meta"]["hostvars"]["host-01-2"]


def test_every_foreign_text_is_tagged_unsafe(goal: Target) -> None:
    text = ansible.inventory(goal)
    for line in text.splitlines():
        if "{{" in line or "{%" in line:
            assert re.search(r': !unsafe "', line), line
    with pytest.raises(yaml.constructor.ConstructorError):  # the tag is there for Ansible to see
        yaml.safe_load(text)


def test_csv_cells_are_no_formulas(goal: Target) -> None:
    for path, content in toolkits.files(goal).items():
        for row in csv.reader(io.StringIO(content)):
            for text in row:
                assert not text.startswith(("=", "+", "@", "-")), (path, text)
    names = list(csv.DictReader(io.StringIO(toolkits.files(goal)["toolkits/names.csv"])))
    assert len(names) == len(goal.machines)
    assert {row["machine"] for row in names} == {machine.name for machine in goal.machines}


def test_rules_name_the_groups() -> None:
    rows = [f"d{i},8,32,20,{'sql' if i < 3 else ''}" for i in range(6)]
    answer = calc.assess(inventory("hostname,cores,memory_gib,CPU p95 %,anti_affinity", *rows))
    table = toolkits.rules(target(answer))
    assert list(table["Name"]) == ["d0", "d1", "d2"] and set(table["Type"]) == {"apart"}


def test_an_old_plan_is_not_mixed_with_a_new_one(hostile: calc.Assessment, tmp_path: Path) -> None:
    write(hostile, tmp_path / "out")
    with pytest.raises(InputError, match="not empty"):
        write(hostile, tmp_path / "out")


def test_nothing_placed_is_an_error() -> None:
    answer = calc.assess(inventory("hostname,cores,memory_gib,cpu_model", "p1,8,32,IBM POWER8"))
    with pytest.raises(InputError, match="nothing to hand over"):
        handover_files(answer)


def test_the_zip_is_the_same_every_time(hostile: calc.Assessment) -> None:
    first = handover_zip(hostile)
    assert first == handover_zip(hostile)
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert set(archive.namelist()) == set(handover_files(hostile))
        assert archive.testzip() is None


def test_the_command_line_writes_it_and_refuses_a_used_folder(tiny_csv: Path, tmp_path: Path) -> None:
    from calc.cli import main

    order = ["assess", str(tiny_csv), "--out", str(tmp_path / "bundle"), "--handover", str(tmp_path / "target")]
    assert main(order) == 0
    assert (tmp_path / "target" / "hyperv" / "New-PlannedVMs.ps1").is_file()
    assert os.access(tmp_path / "target" / "libvirt" / "define.sh", os.X_OK)
    assert main(order) == 2
