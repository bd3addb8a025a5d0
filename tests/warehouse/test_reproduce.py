"""What a checkpoint was trained on can be written again after everything that may happen to a lake later."""

from pathlib import Path

from tests.warehouse.test_training_files import trained_round
from tests.warehouse.trees import ingest, node, problem
from warehouse.records import Batch
from warehouse.rounds.training_files import reproduce
from warehouse.store.lake import Warehouse
from warehouse.store.maintenance import maintain


def test_files_are_the_same_after_later_rounds_deletions_compaction_and_cleanup(lake: Warehouse, tmp_path: Path) -> None:
    ingest(lake, problem("p1"))
    first = trained_round(lake, 1, tmp_path / "jobs-1")
    for number in (2, 3):
        trained_round(lake, number, tmp_path / f"jobs-{number}")
        many = [node(0, None, "P" * 20, depth=0, tree_id=f"m{number}-{i}") for i in range(300)]
        lake.commit(Batch(number, "rollout", "many", "f"), {"nodes": many})
    with lake.transaction("round 1 is thinned out", {}) as cursor:
        cursor.execute("delete from nodes where round = 1; update trajectories set mean_q = 0 where round = 1")
    for _ in range(2):
        maintain(lake, older_than_hours=0)
    assert lake.query("select count(*) from nodes where round = 1").item() == 0
    again = reproduce(lake, "policy-1", tmp_path / "again") + reproduce(lake, "ppm-1", tmp_path / "again")
    assert [one.path.read_bytes() for one in again] == [one.path.read_bytes() for one in first]
