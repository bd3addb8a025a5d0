import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

from tests.servers import BUCKET, S3Server
from tests.warehouse.trees import batch, node, round_row, small_tree
from warehouse.maintenance import maintain
from warehouse.records import Node
from warehouse.settings import WarehouseSettings
from warehouse.store import Warehouse


def many(prefix: str) -> list[Node]:
    return [node(0, None, "P" * 20, depth=0, tree_id=f"{prefix}{i}") for i in range(300)]


def everything(lake: Warehouse) -> pl.DataFrame:
    return lake.query("select * from nodes order by tree_id, node_id")


def test_maintenance_changes_no_row_and_keeps_pinned_snapshots(lake: Warehouse, home: Path) -> None:
    for number in range(3):
        lake.commit(batch(1, "rollout", f"{number}"), {"nodes": many(f"a{number}-")})
    lake.commit(batch(1, "rollout", "inlined"), {"nodes": small_tree("small")})
    lake.start_round(round_row())
    pinned = lake.pin_training_snapshot(1)
    trained_on = everything(lake)
    lake.commit(batch(1, "rollout", "0"), {"nodes": many("replaced-")})
    now = everything(lake)

    report = maintain(lake, older_than_hours=0)
    maintain(lake, older_than_hours=0)

    assert report.n_snapshots_expired > 5
    assert everything(lake).equals(now)
    with Warehouse.open(home, snapshot_id=pinned) as reader:
        assert everything(reader).equals(trained_on)
    kept = lake.query("select snapshot_id from ducklake_snapshots('lake')").to_series().to_list()
    assert kept[0] == pinned
    lake.commit(batch(1, "rollout", "0"), {"nodes": many("replaced-")})
    assert everything(lake).equals(now)


def test_files_of_a_writer_that_died_are_removed(lake: Warehouse, home: Path) -> None:
    lake.commit(batch(1, "rollout"), {"nodes": many("a")})
    orphan = next((home / "lake" / "data").rglob("*.parquet")).with_name("ducklake-orphan.parquet")
    orphan.write_bytes(b"half a file")
    maintain(lake, older_than_hours=1)
    assert orphan.exists(), "a file that young may belong to a commit that is under way"
    maintain(lake, older_than_hours=0)
    assert not orphan.exists()
    assert everything(lake).height == 300


def test_readers_read_on_while_the_lake_is_kept_small(lake: Warehouse, home: Path) -> None:
    for number in range(3):
        lake.commit(batch(1, "rollout", f"{number}"), {"nodes": many(f"a{number}-")})
    lake.commit(batch(1, "rollout", "inlined"), {"nodes": small_tree("small")})
    seen: set[int] = set()
    enough = threading.Event()

    def read() -> None:
        while not enough.is_set():
            with Warehouse.open(home, read_only=True) as reader:
                seen.update(reader.query("select sum(length(text))::bigint from nodes").item() for _ in range(3))

    expected = lake.query("select sum(length(text))::bigint from nodes").item()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        for _ in range(2):
            maintain(lake, older_than_hours=1)
        enough.set()
        reading.result()
    assert seen == {expected}


@pytest.mark.parametrize("s3", ["moto"], indirect=True)
def test_a_lake_on_s3_is_kept_small_too(tmp_path: Path, cluster: WarehouseSettings, s3: S3Server) -> None:
    with Warehouse.open(tmp_path, cluster) as lake:
        for number in range(3):
            lake.commit(batch(1, "rollout", f"{number}"), {"nodes": many(f"a{number}-")})
        prefix = f"{cluster.data.removeprefix(f's3://{BUCKET}/')}/lake/data/"
        s3.client().put_object(Bucket=BUCKET, Key=f"{prefix}main/nodes/round=1/ducklake-orphan.parquet", Body=b"half")
        before = everything(lake)
        report = maintain(lake, older_than_hours=0)
        maintain(lake, older_than_hours=0)
        assert report.n_files_before == 4
        assert everything(lake).equals(before)
        assert not any("orphan" in key for key in s3.keys(prefix))
