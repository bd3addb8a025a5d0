"""A lake that was carried elsewhere is the same lake: its rows, its snapshots, its training files to the byte."""

from pathlib import Path

import pytest

from tests.servers import BUCKET, S3Server
from tests.warehouse.kills import rows_of
from tests.warehouse.trees import batch, round_row, small_tree
from warehouse.errors import BadInput, WarehouseError
from warehouse.places.location import Location, catalog_path, located
from warehouse.places.move import MoveReport, move
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse


def moved(home: Path, catalog: str, data: str) -> MoveReport:
    """Carry the home's lake to a catalog and a place for the files; "" is the home."""
    return move(located(home, WarehouseSettings()), Location(home, catalog, data), WarehouseSettings())


EVERYTHING = "select * from nodes order by all"


def used(home: Path) -> int:
    """Fill a lake with rows in files and in the catalog, replaced and pinned ones; return the pinned snapshot."""
    with Warehouse.open(home) as lake:
        for number in range(3):
            lake.commit(batch(1, "rollout", str(number)), {"nodes": rows_of(3 * number)})
        lake.commit(batch(1, "rollout", "small"), {"nodes": small_tree("small")})
        lake.start_round(round_row())
        pinned = lake.pin_training_snapshot(1)
        lake.commit(batch(1, "rollout", "0"), {"nodes": rows_of(30)})
        lake.commit(batch(1, "rollout", "small"), {"nodes": small_tree("other")})
    return pinned


@pytest.fixture
def place(database: str, bucket: str) -> WarehouseSettings:
    return WarehouseSettings(catalog=database, data=bucket)


def test_a_lake_goes_to_the_cluster_and_comes_home_with_its_pins(home: Path, place: WarehouseSettings, s3: S3Server) -> None:
    pinned = used(home)
    with Warehouse.open(home) as lake, Warehouse.open(home, snapshot_id=pinned) as old:
        now, trained_on = lake.query(EVERYTHING), old.query(EVERYTHING)

    there = moved(home, place.catalog, place.data)

    assert there.n_files == len(s3.keys(place.data.removeprefix(f"s3://{BUCKET}/"))) > 0
    assert there.n_snapshots_compared == 2
    assert not catalog_path(home).exists()
    assert there.left_behind == [f"{catalog_path(home)}.moved", f"{home}/lake/data/"]
    with Warehouse.open(home) as lake:
        assert lake.location.catalog == place.catalog
        assert lake.query(EVERYTHING).equals(now)
        lake.commit(batch(2, "rollout", "inlined"), {"nodes": small_tree("later")})
        lake.commit(batch(2, "rollout", "file"), {"nodes": rows_of(33)})
        now = lake.query(EVERYTHING)
        with Warehouse.open(home, snapshot_id=pinned) as old:
            assert old.query(EVERYTHING).equals(trained_on)

    moved(home, "", "")

    with Warehouse.open(home) as lake, Warehouse.open(home, snapshot_id=pinned) as old:
        assert lake.location.catalog == ""
        assert lake.query(EVERYTHING).equals(now)
        assert old.query(EVERYTHING).equals(trained_on)
        lake.commit(batch(2, "rollout", "inlined"), {"nodes": small_tree("later")})
        assert lake.query(EVERYTHING).equals(now)
    with pytest.raises(WarehouseError, match=r"the lake was moved to catalog .*catalog\.sqlite"):
        Warehouse.open(home.parent / "another machine", place)


def test_files_alone_go_to_a_bucket_and_the_catalog_stays(home: Path, bucket: str) -> None:
    used(home)
    with Warehouse.open(home) as lake:
        now = lake.query(EVERYTHING)
    report = moved(home, "", bucket)
    assert report.left_behind == [f"{home}/lake/data/"]
    assert catalog_path(home).exists()
    with Warehouse.open(home) as lake:
        assert lake.location.data_path == f"{bucket}/lake/data/"
        assert lake.query(EVERYTHING).equals(now)


@pytest.mark.parametrize("s3", ["moto"], indirect=True)
def test_a_place_that_is_taken_or_files_that_are_damaged_move_nothing(
    home: Path, cluster: WarehouseSettings, place: WarehouseSettings
) -> None:
    used(home)
    with pytest.raises(BadInput, match="holds another lake"):
        moved(home, cluster.catalog, cluster.data)
    with pytest.raises(BadInput, match="is there already"):
        moved(home, "", "")
    next((home / "lake" / "data").rglob("*.parquet")).write_bytes(b"short")
    with pytest.raises(WarehouseError, match=r"files are missing or damaged, the first .*nothing was copied"):
        moved(home, place.catalog, place.data)
    with Warehouse.open(home, read_only=True) as lake:
        assert lake.location.catalog == ""
