"""Write Parquet files that depend on their rows alone: one writer thread, fixed row groups, no time stamps."""

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.errors import WarehouseError

_ROWS_PER_GROUP: Final = 16_384


def write_parquet(readers: Iterator[pa.RecordBatchReader], path: Path) -> int:
    """Return how many rows were written, of readers of one schema, at least one, each read before the next is asked for.

    The file appears by a rename, so that nobody sees half of it.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        n_rows = 0
        first = next(readers)
        with pq.ParquetWriter(part, first.schema, compression="zstd") as writer:
            for table in _row_groups(chain(first, chain.from_iterable(readers))):
                writer.write_table(table, row_group_size=_ROWS_PER_GROUP)
                n_rows += table.num_rows
        part.replace(path)
    except OSError as error:
        raise WarehouseError(f"{path}: cannot be written ({error.strerror or error})", hint="name a writable path") from error
    finally:
        part.unlink(missing_ok=True)
    return n_rows


def _row_groups(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.Table]:
    """Yield tables of exactly _ROWS_PER_GROUP rows, the last one shorter, however the rows arrived."""
    waiting: list[pa.RecordBatch] = []
    n_waiting = 0
    for batch in batches:
        waiting.append(batch)
        n_waiting += batch.num_rows
        while n_waiting >= _ROWS_PER_GROUP:
            table = pa.Table.from_batches(waiting)
            whole = _in_one_piece(table.slice(0, _ROWS_PER_GROUP))
            waiting = table.slice(_ROWS_PER_GROUP).to_batches()
            n_waiting -= _ROWS_PER_GROUP
            # While a group is written, its pieces need not be there as well.
            del table, batch
            yield whole
    if n_waiting:
        yield _in_one_piece(pa.Table.from_batches(waiting))


def _in_one_piece(table: pa.Table) -> pa.Table:
    # Pieces would be pages of their own in the file, whose bytes would then tell how the rows arrived.
    return table.combine_chunks()
