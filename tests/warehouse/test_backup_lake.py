"""The copied catalog of a lake on servers is a lake of a home, with every row that was seen at every snapshot."""

from pathlib import Path

import pytest

from tests.warehouse.kills import rows_of
from tests.warehouse.trees import batch, round_row, small_tree
from warehouse.errors import WarehouseError
from warehouse.measured import EvaluationAnswer
from warehouse.places.backup import copy_lake
from warehouse.places.guard import guarded, kept
from warehouse.places.location import Location
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse
from warehouse.store.maintenance import maintain

ODD = EvaluationAnswer(
    "policy-1", None, "validation", "p1", "sample", 0, "é'\n, [NULL]", "wrong", 0.1, 9, step_scores=(0.1, 1e-300)
)
"""A row with what is written differently in Postgres and SQLite: text, nothing, fractions, lists."""


@pytest.mark.parametrize("s3", ["moto"], indirect=True)
def test_rows_in_a_postgres_catalog_are_copied_as_they_were_seen(tmp_path: Path, cluster: WarehouseSettings) -> None:
    with Warehouse.open(tmp_path / "home", cluster) as lake:
        lake.commit(batch(1, "rollout", "large"), {"nodes": rows_of(3)})
        lake.commit(batch(1, "rollout", "small"), {"nodes": small_tree("small")})
        lake.commit(batch(1, "evaluate"), {"evaluation_answers": [ODD]})
        lake.start_round(round_row())
        pinned = lake.pin_training_snapshot(1)
        lake.commit(batch(1, "rollout", "small"), {"nodes": small_tree("other")})
        lake.commit(batch(1, "rollout", "large"), {"nodes": rows_of(6)})
        copy = copy_lake(lake.location, cluster, tmp_path / "draft")
        assert len(copy.files) == 2
        home = Location(tmp_path / "draft", data=cluster.data)
        for snapshot_id in (pinned, copy.state.snapshot_id):
            with (
                Warehouse.at(home, cluster, snapshot_id=snapshot_id) as copied,
                Warehouse.at(lake.location, cluster, snapshot_id=snapshot_id) as original,
            ):
                for table in copy.state.n_rows:
                    rows = f"select * from {table} order by all"
                    assert copied.query(rows).equals(original.query(rows)), table
        assert copy.state.n_rows["evaluation_answers"] == 1


@pytest.mark.parametrize("s3", ["moto"], indirect=True)
@pytest.mark.parametrize("where", ["home", "cluster"])
def test_a_lake_has_one_guard_and_maintenance_does_not_wait_for_it(
    where: str, tmp_path: Path, home: Path, request: pytest.FixtureRequest, s3: object
) -> None:
    settings = request.getfixturevalue("cluster") if where == "cluster" else WarehouseSettings()
    with Warehouse.open(tmp_path / "other" if where == "cluster" else home, settings) as lake:
        with kept(lake.location, 1):
            with guarded(lake.location) as is_ours:
                assert not is_ours
            assert maintain(lake, older_than_hours=0).n_snapshots_expired is None
            with pytest.raises(WarehouseError, match=r"another backup has been running for 0.2 s"), kept(lake.location, 0.2):
                pass
        with guarded(lake.location) as is_ours:
            assert is_ours
        assert maintain(lake, older_than_hours=0).n_snapshots_expired is not None
