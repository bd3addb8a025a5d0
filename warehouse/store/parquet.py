"""Write Parquet files that depend on their rows alone: one writer thread, fixed row groups, no time stamps."""

import os
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.errors import WarehouseError

ROWS_PER_GROUP: Final = 16_384
ROWS_PER_SHARD_GROUP: Final = 2_048
"""Of files for others, whose rows may be long: a group of transcripts of 20 kB each is 40 MB."""
BYTES_PER_SHARD: Final = 128 * 1024**2
"""From this size on a file of several is full. Data set hubs ask for files that can be fetched and shown one at a time."""


def write_parquet(readers: Iterator[pa.RecordBatchReader], path: Path, rows_per_group: int = ROWS_PER_GROUP) -> int:
    """Return how many rows were written, of readers of one schema, at least one, each read before the next is asked for.

    The file appears by a rename, so that nobody sees half of it. A group of rows is held in memory twice.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        n_rows = 0
        first = next(readers)
        with pq.ParquetWriter(part, first.schema, compression="zstd") as writer:
            for table in _row_groups(chain(first, chain.from_iterable(readers)), rows_per_group):
                writer.write_table(table, row_group_size=rows_per_group)
                n_rows += table.num_rows
        part.replace(path)
    except OSError as error:
        raise WarehouseError(f"{path}: cannot be written ({error.strerror or error})", hint="name a writable path") from error
    finally:
        part.unlink(missing_ok=True)
    return n_rows


def write_shards(
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    folder: Path,
    split: str,
    bytes_per_shard: int = BYTES_PER_SHARD,
    rows_per_group: int = ROWS_PER_SHARD_GROUP,
) -> int:
    """Return how many rows were written to new files of a folder, `train-00000-of-00002.parquet` and so on; none without rows.

    A file ends with the group of rows that makes it bytes_per_shard long; same rows, same bytes.
    """
    groups = _row_groups(batches, rows_per_group)
    group = next(groups, None)
    n_rows = 0
    drafts: list[Path] = []
    try:
        while group is not None:
            drafts.append(folder / f"{len(drafts)}.part")
            with (
                pa.OSFile(str(drafts[-1]), "wb") as file,
                pq.ParquetWriter(file, schema, compression="zstd") as writer,
            ):
                is_full = False
                while group is not None and not is_full:
                    writer.write_table(group, row_group_size=rows_per_group)
                    n_rows += group.num_rows
                    is_full = file.tell() >= bytes_per_shard
                    group = next(groups, None)
        for number, draft in enumerate(drafts):
            draft.rename(folder / f"{split}-{number:05d}-of-{len(drafts):05d}.parquet")
    except OSError as error:
        raise WarehouseError(f"{folder}: cannot be written ({error.strerror or error})", hint="name a writable path") from error
    return n_rows


def _row_groups(batches: Iterable[pa.RecordBatch], n_rows: int) -> Iterator[pa.Table]:
    """Yield tables of exactly n_rows rows, the last one shorter, however the rows arrived."""
    waiting: list[pa.RecordBatch] = []
    n_waiting = 0
    for batch in batches:
        waiting.append(batch)
        n_waiting += batch.num_rows
        while n_waiting >= n_rows:
            group, waiting = _split(waiting, n_rows)
            n_waiting -= n_rows
            yield group
    if n_waiting:
        yield _in_one_piece(pa.Table.from_batches(waiting))


def _split(batches: list[pa.RecordBatch], n_rows: int) -> tuple[pa.Table, list[pa.RecordBatch]]:
    table = pa.Table.from_batches(batches)
    return _in_one_piece(table.slice(0, n_rows)), table.slice(n_rows).to_batches()


def _in_one_piece(table: pa.Table) -> pa.Table:
    # Pieces would be pages of their own in the file, whose bytes would then tell how the rows arrived.
    return table.combine_chunks()
