from dataclasses import replace
from pathlib import Path

import pytest

from tests.warehouse.trees import batch, ingest, problem, round_row, small_tree
from warehouse.errors import BadInput, WarehouseError
from warehouse.records import CheckpointKind, CheckpointRow, RoundStatus
from warehouse.store.lake import Warehouse


def checkpoint(checkpoint_id: str, kind: CheckpointKind = "policy", round_number: int = 1) -> CheckpointRow:
    return CheckpointRow(checkpoint_id, kind, round_number, "base-0", None, "f" * 8, "file:///x", "candidate")


def statuses(lake: Warehouse) -> dict[str, str]:
    return dict(lake.query("select checkpoint_id, status from checkpoints").rows())


def test_a_round_that_starts_again_keeps_its_start_and_its_pin(lake: Warehouse) -> None:
    lake.start_round(round_row())
    pinned = lake.pin_training_snapshot(1)
    started = lake.query("select started_at from rounds").item()
    lake.set_round_status(1, "failed")
    lake.start_round(replace(round_row(), flow_run_id="flow-2"))
    assert lake.query("select started_at from rounds").item() == started
    assert lake.round_row(1) == replace(round_row(), snapshot_id=pinned, flow_run_id="flow-2")


def test_a_round_refuses_other_settings(lake: Warehouse) -> None:
    lake.start_round(round_row())
    with pytest.raises(BadInput, match="round 1 was begun with other settings"):
        lake.start_round(replace(round_row(), fingerprint="other"))


def test_the_first_pin_decides_and_shows_the_rows_of_that_moment(lake: Warehouse, home: Path) -> None:
    lake.start_round(round_row())
    lake.commit(batch(1, "rollout"), {"nodes": small_tree()})
    pinned = lake.pin_training_snapshot(1)
    lake.commit(batch(1, "rollout", "late"), {"nodes": small_tree("t2")})
    assert lake.pin_training_snapshot(1) == pinned
    with Warehouse.open(home, snapshot_id=pinned) as trained_on:
        assert trained_on.query("select count(*) from nodes").item() == 7


def test_promotion_makes_candidates_current_and_retires_their_predecessors(lake: Warehouse) -> None:
    for number in (1, 2):
        lake.start_round(round_row(number))
        lake.record_checkpoint(checkpoint(f"policy-{number}", "policy", number))
        lake.record_checkpoint(checkpoint(f"ppm-{number}", "ppm", number))
        lake.promote(number, f"policy-{number}", f"ppm-{number}")
        lake.promote(number, f"policy-{number}", f"ppm-{number}")
    assert statuses(lake) == {"policy-1": "retired", "ppm-1": "retired", "policy-2": "current", "ppm-2": "current"}
    current = lake.current_checkpoint("policy")
    assert current is not None
    assert current.checkpoint_id == "policy-2"
    assert lake.query("select status from rounds order by round").to_series().to_list() == ["promoted", "promoted"]
    assert lake.query("select count(*) from rounds where finished_at is null").item() == 0


def test_a_rejected_round_leaves_the_current_checkpoints(lake: Warehouse) -> None:
    lake.start_round(round_row(1))
    lake.record_checkpoint(checkpoint("policy-1"))
    lake.promote(1, "policy-1", None)
    lake.start_round(round_row(2))
    lake.record_checkpoint(checkpoint("policy-2", round_number=2))
    lake.set_candidates(2, "policy-2", None)
    lake.reject(2)
    assert statuses(lake) == {"policy-1": "current", "policy-2": "rejected"}
    assert lake.query("select status from rounds where round = 2").item() == "rejected"


def test_promotion_of_an_unknown_checkpoint_changes_nothing(lake: Warehouse) -> None:
    lake.start_round(round_row(1))
    lake.record_checkpoint(checkpoint("policy-1"))
    with pytest.raises(WarehouseError, match="checkpoint ppm-1 is not in the lake"):
        lake.promote(1, "policy-1", "ppm-1")
    assert statuses(lake) == {"policy-1": "candidate"}
    assert lake.query("select status from rounds").item() == "running"


def test_a_checkpoint_recorded_twice_keeps_its_status(lake: Warehouse) -> None:
    lake.start_round(round_row(1))
    lake.record_checkpoint(checkpoint("policy-1"))
    lake.promote(1, "policy-1", None)
    lake.record_checkpoint(checkpoint("policy-1"))
    assert lake.checkpoint("policy-1") == replace(checkpoint("policy-1"), status="current")
    assert lake.checkpoint("policy-2") is None


def test_an_unknown_round_is_named(lake: Warehouse) -> None:
    with pytest.raises(BadInput, match="round 7 is not in the lake"):
        lake.set_round_status(7, "failed")


@pytest.mark.parametrize("status", ["running", "failed", "rejected"])
def test_new_training_problems_wait_until_the_round_is_promoted(lake: Warehouse, status: RoundStatus) -> None:
    """Shards are positions among the problems: with others among them, a resumed round searched some twice and some never."""
    ingest(lake, problem("p1"), problem("p3"))
    lake.start_round(round_row())
    lake.set_round_status(1, status)
    with pytest.raises(BadInput, match=f"nothing ingested: 1 new training problems.*round 1, which is {status}"):
        lake.ingest(batch(0, "ingest", "more"), [problem("p2"), problem("p4", split="test")], [])
    assert [found.problem_id for found in lake.problems("train")] == ["p1", "p3"]
    assert lake.problems("test") == []
    assert lake.ingest(batch(0, "ingest", "held out"), [problem("p3"), problem("p4", split="test")], []) == 1
    lake.set_round_status(1, "promoted")
    assert lake.ingest(batch(0, "ingest", "more"), [problem("p2")], []) == 1
