"""A saved assessment opens as what it was; what was damaged, altered or is of another estate does not open quietly."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import calc
from calc import saving
from calc.cli import main
from calc.language import stored
from calc.report.tables import assumptions_table, summary
from calc.saving.codec import Decoder, Encoder, known_types
from tests.make import inventory, uniform


@pytest.fixture(scope="module")
def answer(estate_csv: Path) -> calc.Assessment:
    return calc.assess(calc.read_inventory(estate_csv), calc.Scenario(currency="EUR", failover_hosts=2))


def same(one: calc.Assessment, two: calc.Assessment) -> None:
    first, second = summary(one), summary(two)
    assert first == second
    assert one.scenario == two.scenario
    for name in ("servers", "workloads", "server_origins", "workload_origins"):
        pd.testing.assert_frame_equal(getattr(one.inventory, name), getattr(two.inventory, name))
    for name in ("issues", "mappings", "sources", "notes", "detections", "conflicts", "matched", "aliases", "join"):
        assert getattr(one.inventory, name) == getattr(two.inventory, name), name
    for table in (assumptions_table, calc.Assessment.ledger):
        pd.testing.assert_frame_equal(table(one), table(two))
    pd.testing.assert_frame_equal(one.placement, two.placement)
    pd.testing.assert_frame_equal(one.hosts, two.hosts)
    for before, after in zip(one.pools, two.pools, strict=True):
        assert before.plan.proof == after.plan.proof and before.plan.bound == after.plan.bound
        assert before.closing == after.closing and before.considered == after.considered
        np.testing.assert_array_equal(before.plan.assignment, after.plan.assignment)
    assert one.runtime_s == two.runtime_s


def altered(data: bytes, change: Callable[[dict[str, bytes]], None], *, signed: bool = True) -> bytes:
    """The file with members changed, and its digests made anew where somebody took that trouble."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    if signed:
        manifest = json.loads(members["manifest.json"])
        others = {name: value for name, value in members.items() if name != "manifest.json"}
        manifest["members_sha256"] = {name: hashlib.sha256(value).hexdigest() for name, value in others.items()}
        members["manifest.json"] = json.dumps(manifest).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, value in members.items():
            archive.writestr(name, value)
    return out.getvalue()


def in_manifest(**changes: Any) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **changes}).encode()

    return change


def test_it_opens_as_what_it_was(answer: calc.Assessment, tmp_path: Path) -> None:
    calc.save_assessment(answer, tmp_path / "a.calc")
    same(answer, calc.open_assessment(tmp_path / "a.calc"))
    buffer = io.BytesIO()
    data = calc.save_assessment(answer, buffer)
    assert buffer.getvalue() == data and saving.is_saved(data)
    same(answer, calc.open_assessment(io.BytesIO(data)))


def test_groups_misfits_mixed_models_and_telemetry_open_again(tmp_path: Path) -> None:
    made = inventory(
        "hostname,cores,memory_gib,CPU p95 %,cpu_model,Anti-affinity group,Affinity group,Exclude",
        "a,8,32,20,,db,,",
        "b,8,32,20,,db,,",
        "c,8,32,20,,,x,licence dongle",
        "d,8,9000,20,,,,",
        "e,8,32,20,,,y,",
        "f,8,32,20,,,y,",
        "p,8,32,20,IBM POWER8,,,",
    )
    for scenario in (calc.Scenario(), calc.Scenario(host_policy="mixed", windows_licences="perpetual")):
        answer = calc.assess(made, scenario)
        same(answer, calc.open_assessment(calc.save_assessment(answer)))
    servers, readings = io.BytesIO(b"hostname,cores,memory_gib\na,8,32\nb,8,32\n"), io.BytesIO()
    hours = [f"{name},2026-03-02 {hour:02d}:00,{hour + 1}" for name in "ab" for hour in range(24)]
    readings.write("\n".join(["server,timestamp,cpu_pct", *hours]).encode())
    readings.seek(0)
    servers.name, readings.name = "servers.csv", "perf.csv"
    with_telemetry = calc.read_inventories([servers, readings])
    assert with_telemetry.telemetry is not None
    answer = calc.assess(with_telemetry, calc.Scenario(time_slots="day"))
    again = calc.open_assessment(calc.save_assessment(answer))
    same(answer, again)
    assert again.inventory.telemetry is not None
    np.testing.assert_array_equal(again.inventory.telemetry.maximum["cpu"], with_telemetry.telemetry.maximum["cpu"])


def test_without_its_inventory_it_asks_for_the_right_one(answer: calc.Assessment) -> None:
    data = calc.save_assessment(answer, with_inventory=False)
    assert len(data) < len(calc.save_assessment(answer))
    assert b"inventory.json" not in data
    with pytest.raises(calc.InputError, match=r"does not hold its inventory: .*estate_400.csv \(SHA-256"):
        calc.open_assessment(data)
    with pytest.raises(calc.InputError, match="not the one that was assessed"):
        calc.open_assessment(data, inventory=uniform(4))
    same(answer, calc.open_assessment(data, inventory=answer.inventory))


def test_what_is_no_saved_assessment_is_refused(tmp_path: Path) -> None:
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.csv", "x")
    for data in (b"", b"hostname,cores\n", other.getvalue()):
        assert not saving.is_saved(data)
        with pytest.raises(calc.InputError, match="no saved assessment"):
            calc.open_assessment(data)
    with pytest.raises(calc.InputError, match=r"nowhere\.calc"):
        calc.open_assessment(tmp_path / "nowhere.calc")


def test_a_damaged_file_is_refused(answer: calc.Assessment) -> None:
    data = calc.save_assessment(answer)

    def flip(members: dict[str, bytes]) -> None:
        members["plan/0.npy"] = members["plan/0.npy"][:-1] + b"\x55"

    with pytest.raises(calc.InputError, match=r"damaged: plan/0\.npy"):
        calc.open_assessment(altered(data, flip, signed=False))
    with pytest.raises(calc.InputError, match="does not hold the members"):
        calc.open_assessment(altered(data, lambda members: members.pop("plan/1.npy") and None, signed=False))
    for change in (in_manifest(format=2, version="9.0"), in_manifest(kind="other")):
        with pytest.raises(calc.InputError, match=r"newer version, 9\.0|no saved assessment"):
            calc.open_assessment(altered(data, change))
    for broken in (b"{", b"[]", b"3"):
        with pytest.raises(calc.InputError, match="manifest"):
            calc.open_assessment(altered(data, lambda m, b=broken: m.update({"manifest.json": b}), signed=False))
        with pytest.raises(calc.InputError, match="incomplete, was altered"):
            calc.open_assessment(altered(data, lambda m, b=broken: m.update({"inventory.json": b})))


def test_a_plan_that_breaks_a_rule_is_refused() -> None:
    """Everything put on the first host: the independent verifier finds it."""
    answer = calc.assess(uniform(30))
    (pool,) = answer.pools
    wrong = replace(pool, plan=replace(pool.plan, assignment=np.zeros_like(pool.plan.assignment)))
    data = calc.save_assessment(replace(answer, pools=(wrong,)))
    with pytest.raises(calc.InputError, match=r"breaks a rule: host 0, dimension 0: \d+ used of"):
        calc.open_assessment(data)
    low = replace(pool, plan=replace(pool.plan, cost=1))
    with pytest.raises(calc.InputError, match="below its bound"):
        calc.open_assessment(calc.save_assessment(replace(answer, pools=(low,))))


@pytest.fixture(scope="module")
def certified() -> calc.Assessment:
    """Servers of which a host holds few, in sizes that do not add up: sums prove less than the certificate."""
    sizes = [150 + (i * 37) % 190 for i in range(48)]
    rows = [f"s{i:02d},{8 + i % 5},{size},30,100" for i, size in enumerate(sizes)]
    found = inventory("hostname,cores,memory_gib,CPU p95 %,Mem p95 %", *rows)
    one = calc.Scenario(failover_hosts=0, host_types=("dl345-g11-96c-768",), memory_headroom_factor=1.0)
    return calc.assess(found, one)


def changed_plan(answer: calc.Assessment, **changes: Any) -> bytes:
    """The file of an answer whose first pool's plan says something else, with all digests right."""
    first, *others = answer.pools
    return calc.save_assessment(replace(answer, pools=(replace(first, plan=replace(first.plan, **changes)), *others)))


def test_every_member_that_is_damaged_is_named(answer: calc.Assessment) -> None:
    data = calc.save_assessment(answer)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if name != "manifest.json"]
    assert {"scenario.toml", "plan.json", "inventory.json"} < set(names)
    for name in names:

        def flip(members: dict[str, bytes], name: str = name) -> None:
            half = len(members[name]) // 2
            members[name] = members[name][:half] + bytes([members[name][half] ^ 1]) + members[name][half + 1 :]

        with pytest.raises(calc.InputError, match=rf"damaged: {re.escape(name)} is not what was saved"):
            calc.open_assessment(altered(data, flip, signed=False))


def test_what_is_proved_again_is_told(answer: calc.Assessment) -> None:
    told: list[saving.Reproof] = []
    calc.open_assessment(calc.save_assessment(answer), on_proof=told.extend)
    assert [(proof.pool, proof.part) for proof in told] == [
        (pool.name, part) for pool in answer.pools for part in ("bound", "failures")
    ]
    assert all(proof.anew and proof.how for proof in told)
    told.clear()
    mixed = calc.assess(uniform(20), calc.Scenario(host_policy="mixed"))
    calc.open_assessment(calc.save_assessment(mixed), on_proof=told.extend)
    assert [(proof.part, proof.anew) for proof in told] == [("cost bound", False), ("bound", True), ("failures", True)]
    told.clear()
    racks = calc.assess(uniform(40), calc.Scenario(racks=3))
    calc.open_assessment(calc.save_assessment(racks), on_proof=told.extend)
    assert [(proof.part, proof.anew) for proof in told] == [("bound", True), ("failures", True), ("racks", True)]


def test_a_claim_that_does_not_come_out_again_is_refused(answer: calc.Assessment) -> None:
    """Each with right digests and right figures in the manifest: only proving it again tells."""
    first, *others = answer.pools
    plan = first.plan
    assert plan.proof is not None and plan.bound is not None
    for change, message in (
        ({"proof": replace(plan.proof, passed=plan.proof.passed - 1)}, r"failures hold .* when tried again, not"),
        ({"proof": replace(plan.proof, highest_use=0.5)}, r"not [\d,]+ of [\d,]+ with 50.00%"),
        ({"proof": replace(plan.proof, tightest="vcpu")}, r"when tried again"),
        ({"proof": replace(plan.proof, failures=1)}, r"its proof is for 1 failures"),
        ({"proof": None}, r"the proof that it survives failures is missing"),
        ({"cost": plan.cost - 1, "bound": None}, r"its cost of .* is not that of its hosts"),
    ):
        with pytest.raises(calc.InputError, match=rf"saved plan of pool {re.escape(first.name)} .*{message}"):
            calc.open_assessment(changed_plan(answer, **change))
    # A bound that no argument gives, with one host too many so that it is not above the cost.
    roomy = replace(plan, host_types=np.append(plan.host_types, plan.host_types[0]), cost=plan.cost + 1)
    proof = replace(plan.bound, value=plan.cost + 1)
    wrong = replace(first, plan=replace(roomy, bound=proof), hosts_bound=proof)
    data = calc.save_assessment(replace(answer, pools=(wrong, *others)))
    with pytest.raises(calc.InputError, match=r"its bound of \d+ hosts is not proved: \d+ are"):
        calc.open_assessment(data)
    with pytest.raises(calc.InputError, match=r"bound of its cost and of its hosts differ"):
        calc.open_assessment(changed_plan(answer, bound=replace(plan.bound, value=plan.bound.value - 1)))


def test_a_rack_that_is_claimed_to_hold_is_failed_again() -> None:
    answer = calc.assess(uniform(40), calc.Scenario(racks=3))
    plan = answer.pools[0].plan
    assert plan.rack_proof is not None
    for change, message in (
        ({"rack_of": plan.rack_of[:1] * len(plan.rack_of)}, "when tried again"),
        ({"rack_proof": None}, "loss of a rack is missing"),
        ({"rack_of": plan.rack_of[1:]}, "loss of a rack is missing"),
    ):
        with pytest.raises(calc.InputError, match=message):
            calc.open_assessment(changed_plan(answer, **change))


def test_a_certificate_is_priced_again(certified: calc.Assessment) -> None:
    told: list[saving.Reproof] = []
    same(certified, calc.open_assessment(calc.save_assessment(certified), on_proof=told.extend))
    assert "certificate" in told[0].how and told[0].anew
    plan = certified.pools[0].plan
    kept = plan.normal.certificate
    assert kept is not None
    for certificate, message in (
        # It need not be the most that fits, only no less: what is refused must be less.
        (replace(kept, most=(kept.most[0] // 2,)), r"says that a host holds at most [\d,]+, but [\d,]+ fit"),
        (replace(kept, prices=kept.prices[1:]), "not one of its workloads"),
        (replace(kept, prices=kept.prices * 0), r"bound of \d+ hosts is not proved"),
        (None, r"bound of \d+ hosts is not proved"),
    ):
        with pytest.raises(calc.InputError, match=message):
            calc.open_assessment(changed_plan(certified, normal=replace(plan.normal, certificate=certificate)))


OWNED = {
    "id": "owned",
    "cores": 32,
    "memory_gib": 512,
    "idle_w": 100,
    "full_w": 300,
    "price": 0.0,
    "score_per_core": 9.0,
}


def test_owned_hosts_that_pools_share_open_again_and_a_spare_is_bought_where_they_do_not_suffice() -> None:
    """Two owned hosts a pool hold everything, but not when one fails: a third is bought, and the proof holds."""
    rows = [f"s{i},8,100,20,{'AB'[i % 2]}" for i in range(12)]
    made = inventory("hostname,cores,memory_gib,CPU p95 %,site", *rows)
    some = calc.Scenario(custom_host_types=({**OWNED, "available": 4},), host_policy="mixed")
    answer = calc.assess(made, some)
    assert answer.survives and answer.hosts["host_type"].value_counts()["owned"] == 4 < answer.hosts_after
    again = calc.open_assessment(calc.save_assessment(answer))
    same(answer, again)
    assert [[host.available for host in pool.types if host.id == "owned"] for pool in again.pools] == [[2], [2]]
    # With no other model allowed nothing survives: that opens as what it is, too.
    only = calc.assess(made, some.varied(host_types=("owned",)))
    assert not only.survives and not calc.open_assessment(calc.save_assessment(only)).survives


def test_other_figures_are_told_and_can_be_accepted(answer: calc.Assessment) -> None:
    data = calc.save_assessment(answer)

    def dearer(members: dict[str, bytes]) -> None:
        members["scenario.toml"] = answer.scenario.varied(pue=2.5).to_toml().encode()

    changed = altered(data, dearer)
    with pytest.raises(calc.InputError, match=r"savings: [-\d,.]+ → [-\d,.]+.*accept_changes=True"):
        calc.open_assessment(changed)
    opened = calc.open_assessment(changed, accept_changes=True)
    assert opened.scenario.pue == 2.5 and opened.hosts_after == answer.hosts_after

    def busier(members: dict[str, bytes]) -> None:
        members["scenario.toml"] = answer.scenario.varied(cpu_growth_per_year=0.2).to_toml().encode()

    with pytest.raises(calc.InputError, match=r"demand of \d+ workloads comes out differently"):
        calc.open_assessment(altered(data, busier), accept_changes=True)


def test_the_size_of_what_is_unpacked_is_limited(answer: calc.Assessment) -> None:
    with pytest.raises(calc.InventoryError, match="unpacked_mib"):
        calc.open_assessment(
            altered(calc.save_assessment(answer), lambda m: m.update({"x": bytes(3_000_000)})),
            limits=calc.ReadLimits(unpacked_mib=2),
        )


def test_bytes_changed_at_random_never_open_as_something_else() -> None:
    """It opens as what it was (the byte did not matter), or says that it is damaged."""
    answer = calc.assess(uniform(12))
    data, random = calc.save_assessment(answer), np.random.default_rng(5)
    refused = 0
    for _ in range(300):
        broken = bytearray(data)
        for position in random.integers(0, len(data), random.choice([1, 2, 8])):
            broken[position] ^= int(random.integers(1, 256))
        if random.random() < 0.1:
            broken = broken[: random.integers(0, len(data))]
        try:
            assert calc.open_assessment(bytes(broken)).comparison == answer.comparison
        except calc.InputError:
            refused += 1
    assert refused > 150


def test_values_of_every_kind_come_back() -> None:
    values = {
        "nan": np.array([1.0, np.nan]),
        "text": stored("{n:,} more words", n=3),
        ("a", 1): (None, True, float("inf"), [1, 2], {3: frozenset({4})}),
        "objects": np.array(["a", None, "a", 1.5], dtype=object),
        "empty": pd.DataFrame(),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        encoded = json.loads(json.dumps(Encoder(archive, "p").encode(values)))
    with zipfile.ZipFile(out) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    again = Decoder(members).decode(encoded)
    np.testing.assert_array_equal(again.pop("nan"), values.pop("nan"))
    np.testing.assert_array_equal(again.pop("objects"), values.pop("objects"))
    pd.testing.assert_frame_equal(again.pop("empty"), values.pop("empty"))
    assert again == values
    assert type(again["text"]) is str  # its template is none of ours: kept as it reads, never formatted
    with pytest.raises(TypeError, match="cannot be saved"), zipfile.ZipFile(io.BytesIO(), "w") as archive:
        Encoder(archive, "p").encode(object())
    with pytest.raises(calc.InputError, match=r"'os\.system'"):
        Decoder({}).decode({"$": "os.system", "command": "true"})
    assert "calc.packing.result.Certificate" in known_types() and "calc.profiles.Telemetry" in known_types()


def test_the_command_line_opens_it(tiny_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = calc.assess(calc.read_inventory(tiny_csv), calc.Scenario(currency="EUR"))
    path = tmp_path / "kept.calc"
    calc.save_assessment(answer, path)
    assert main(["assess", str(path), "--out", str(tmp_path / "out")]) == 0
    assert "12 servers → 5 hosts" in capsys.readouterr().out
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["currency"] == "EUR"
    scenario = tmp_path / "s.toml"
    scenario.write_text("failover_hosts = 0\n")
    assert main(["assess", str(path), "--scenario", str(scenario), "--out", str(tmp_path / "again")]) == 0
    assert "12 servers → 1 host without spare" in capsys.readouterr().out
    path.write_bytes(altered(path.read_bytes(), in_manifest(format=7)))
    assert main(["assess", str(path), "--out", str(tmp_path / "no")]) == 2
    assert "newer version" in capsys.readouterr().err
