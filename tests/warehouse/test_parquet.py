"""Row groups of a Parquet file do not depend on how the rows arrive."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from warehouse.store.parquet import write_parquet, write_shards

TABLE = pa.table({"number": range(100), "text": [f"text {number}" for number in range(100)]})


def readers(*sizes: int) -> Iterator[pa.RecordBatchReader]:
    """One reader for each size, of batches that large, over its share of the rows."""
    for index, size in enumerate(sizes):
        share = TABLE.slice(index * 100 // len(sizes), 100 // len(sizes))
        yield pa.RecordBatchReader.from_batches(TABLE.schema, share.to_batches(size))


@pytest.mark.parametrize("sizes", [(100,), (7,), (30,), (1, 50), (50, 3), (13, 20, 1, 25)])
def test_groups_are_full_and_bytes_are_the_same(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    assert write_parquet(readers(10), tmp_path / "expected.parquet", 30) == 100
    assert write_parquet(readers(*sizes), tmp_path / "found.parquet", 30) == 100
    written = pq.ParquetFile(tmp_path / "found.parquet")
    assert [written.metadata.row_group(number).num_rows for number in range(written.num_row_groups)] == [30, 30, 30, 10]
    assert written.read().equals(TABLE)
    assert (tmp_path / "found.parquet").read_bytes() == (tmp_path / "expected.parquet").read_bytes()


@pytest.mark.parametrize("sizes", [(100,), (7,), (50, 3)])
def test_rows_are_spread_over_files_that_know_how_many_they_are(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    expected, found = tmp_path / "expected", tmp_path / "found"
    for folder, of_size in ((expected, (10,)), (found, sizes)):
        folder.mkdir()
        assert write_shards(chain.from_iterable(readers(*of_size)), TABLE.schema, folder, "train", 1, 40) == 100
    names = [f"train-{number:05d}-of-00003.parquet" for number in range(3)]
    assert sorted(path.name for path in found.iterdir()) == names
    assert pa.concat_tables(pq.read_table(found / name) for name in names).equals(TABLE)
    assert [pq.read_metadata(found / name).num_rows for name in names] == [40, 40, 20]
    assert [(found / name).read_bytes() for name in names] == [(expected / name).read_bytes() for name in names]


def test_a_file_that_is_not_full_takes_the_next_rows_too(tmp_path: Path) -> None:
    assert write_shards(TABLE.to_batches(30), TABLE.schema, tmp_path, "train", 10**6, 40) == 100
    assert [path.name for path in tmp_path.iterdir()] == ["train-00000-of-00001.parquet"]


def test_no_rows_are_no_files(tmp_path: Path) -> None:
    assert write_shards([], TABLE.schema, tmp_path, "train") == 0
    assert list(tmp_path.iterdir()) == []
