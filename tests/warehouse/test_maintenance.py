import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest

from tests.servers import BUCKET, S3Server
from tests.warehouse.trees import batch, node, round_row, small_tree
from warehouse.records import Node
from warehouse.settings import WarehouseSettings
from warehouse.store import inlined as inlined_rows
from warehouse.store.lake import Warehouse
from warehouse.store.maintenance import maintain


def many(prefix: str) -> list[Node]:
    return [node(0, None, "P" * 20, depth=0, tree_id=f"{prefix}{i}") for i in range(300)]


def everything(lake: Warehouse) -> pl.DataFrame:
    return lake.query("select * from nodes order by tree_id, node_id")


@contextmanager
def read_again_and_again(home: Path, sql: str, n_readers: int = 1) -> Iterator[set[object]]:
    """Return a context with everything that readers, each opening the lake anew, have seen by its end."""
    seen: set[object] = set()
    enough = threading.Event()

    def read() -> None:
        while not enough.is_set():
            with Warehouse.open(home, read_only=True) as reader:
                seen.update(reader.query(sql).item() for _ in range(3))

    with ThreadPoolExecutor(n_readers) as pool:
        reading = [pool.submit(read) for _ in range(n_readers)]
        try:
            yield seen
        finally:
            enough.set()
        for one in reading:
            one.result()


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

    assert (report.n_snapshots_expired or 0) > 5
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
    total = "select sum(length(text))::bigint from nodes"
    expected = lake.query(total).item()
    with read_again_and_again(home, total) as seen:
        for _ in range(2):
            maintain(lake, older_than_hours=1)
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


def inlined(lake: Warehouse) -> tuple[int, int]:
    """The rows of nodes in the catalog: all of them, and those of the latest snapshot."""
    with lake.cursor() as cursor:
        stored = [stored for table, stored in cursor.execute(inlined_rows.INLINED).fetchall() if table == "nodes"]
        shown = " union all ".join(f"select end_snapshot from {inlined_rows.CATALOG}.{one}" for one in stored)
        rows = cursor.execute(shown).fetchall()
    return len(rows), rows.count((None,))


def commit_small_batches(lake: Warehouse, n_batches: int) -> None:
    for number in range(n_batches):
        rows = [node(0, None, "P" * 20, depth=0, tree_id=f"{number}-{i}") for i in range(100)]
        lake.commit(batch(1, "rollout", f"{number}"), {"nodes": rows})


def test_rows_of_small_inserts_move_into_a_file_and_leave_the_catalog(lake: Warehouse, home: Path) -> None:
    commit_small_batches(lake, 3)
    pinned = lake.snapshot_id()
    before = everything(lake)
    assert inlined(lake) == (300, 300)
    assert maintain(lake, older_than_hours=1).n_rows_flushed == 300
    assert inlined(lake) == (300, 0), "older snapshots still show them"
    assert everything(lake).equals(before)
    with Warehouse.open(home, snapshot_id=pinned) as reader:
        assert everything(reader).equals(before)
    assert maintain(lake, older_than_hours=0).n_rows_flushed == 0
    assert inlined(lake) == (0, 0)
    assert everything(lake).equals(before)
    commit_small_batches(lake, 1)
    assert everything(lake).equals(before), "a batch that is committed again replaces its rows in the file"


def test_few_rows_stay_in_the_catalog(lake: Warehouse) -> None:
    commit_small_batches(lake, 2)
    assert maintain(lake, older_than_hours=0).n_rows_flushed == 0
    assert inlined(lake) == (200, 200)


def test_no_reader_ever_misses_a_row_that_moves(lake: Warehouse, home: Path) -> None:
    commit_small_batches(lake, 3)
    with read_again_and_again(home, "select count(*) from nodes where tree_id like '0-%'", 2) as seen:
        for _ in range(2):
            commit_small_batches(lake, 3)
            assert maintain(lake, older_than_hours=1).n_rows_flushed == 300
    assert seen == {100}


def keeps_what_a_reader_sees(lake: Warehouse, home: Path) -> None:
    """Maintain a lake that nobody has written to for long while a reader is in the middle of a transaction."""
    commit_small_batches(lake, 3)
    rows_of = "select tree_id, node_id, text from nodes order by all"
    grow_old(lake)
    with Warehouse.open(home, lake.settings, read_only=True) as other, other.cursor() as reader:
        reader.execute("begin")
        before = reader.execute(rows_of).fetchall()
        assert maintain(lake, older_than_hours=24).n_rows_flushed == 300
        lake.commit(batch(1, "rollout", "0"), {"nodes": many("replaced-")})
        maintain(lake, older_than_hours=24)
        assert reader.execute(rows_of).fetchall() == before
        assert len(before) == 300
    assert inlined(lake) == (300, 0)
    grow_old(lake)
    maintain(lake, older_than_hours=24)
    assert inlined(lake) == (0, 0)
    assert everything(lake).height == 500


def grow_old(lake: Warehouse) -> None:
    with lake.exclusive() as cursor:
        cursor.execute("update __ducklake_metadata_lake.ducklake_snapshot set snapshot_time = '2026-01-01 00:00:00+00'")


def test_a_reader_in_a_transaction_keeps_what_it_sees(lake: Warehouse, home: Path) -> None:
    keeps_what_a_reader_sees(lake, home)


def test_a_reader_of_postgres_keeps_it_too(tmp_path: Path, cluster: WarehouseSettings) -> None:
    with Warehouse.open(tmp_path, cluster) as lake:
        keeps_what_a_reader_sees(lake, tmp_path)


def test_rows_move_under_a_postgres_catalog_too(tmp_path: Path, cluster: WarehouseSettings) -> None:
    with Warehouse.open(tmp_path, cluster) as lake:
        commit_small_batches(lake, 3)
        before = everything(lake)
        assert maintain(lake, older_than_hours=0).n_rows_flushed == 300
        assert inlined(lake) == (0, 0)
        assert everything(lake).equals(before)
