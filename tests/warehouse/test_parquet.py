"""Row groups of a Parquet file do not depend on how the rows arrive."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from warehouse.store.parquet import write_parquet

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
