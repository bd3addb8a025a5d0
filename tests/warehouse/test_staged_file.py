"""Rows that are staged in a file while they are made enter the lake as if they had been committed from memory."""

import os
from pathlib import Path

import pytest

from tests.warehouse.trees import batch, small_tree
from warehouse.errors import WarehouseError
from warehouse.store.lake import Warehouse
from warehouse.store.staged_file import StagedFile


def test_staged_rows_are_committed_once_and_replaced_by_a_retry(lake: Warehouse, tmp_path: Path) -> None:
    written = batch(1, "rollout")
    for _ in range(2):
        with StagedFile("nodes", written.batch_id, tmp_path / "staging") as rows:
            rows.add(small_tree("t2"))
            rows.add(small_tree("t1"))
            rows.finish()
            committed = lake.commit_file(written, rows)
        assert committed.n_rows == 14
    assert committed.replaced
    assert lake.nodes("t1") == small_tree("t1")
    assert lake.query("select count(*) from nodes").item() == 14
    assert not list((tmp_path / "staging").iterdir())


def test_a_batch_without_rows_is_committed_too(lake: Warehouse, tmp_path: Path) -> None:
    written = batch(1, "rollout")
    with StagedFile("nodes", written.batch_id, tmp_path) as rows:
        rows.finish()
        assert lake.commit_file(written, rows).n_rows == 0
    assert lake.is_committed(written.batch_id)


def test_rows_beyond_a_group_do_not_stay_in_memory(tmp_path: Path) -> None:
    with StagedFile("nodes", "b", tmp_path) as rows:
        for number in range(1200):
            rows.add(small_tree(f"t{number}"))
            assert len(rows._waiting) < 4096 + 7
        assert rows.path.stat().st_size > 1000


def test_a_file_of_a_process_that_is_gone_is_removed_and_one_of_a_living_process_is_not(tmp_path: Path) -> None:
    gone = os.fork()
    if gone == 0:
        os._exit(0)
    os.waitpid(gone, 0)
    orphan, alive = tmp_path / f"b-{gone}.parquet", tmp_path / f"b-{os.getppid()}.parquet"
    other = tmp_path / f"c-{gone}.parquet"
    for file in (orphan, alive, other):
        file.write_bytes(b"half")
    with StagedFile("nodes", "b", tmp_path):
        assert [file.exists() for file in (orphan, alive, other)] == [False, True, True]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WarehouseError, match="cannot be written"):
        StagedFile("nodes", "b", tmp_path / "file")
