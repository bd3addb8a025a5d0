"""Rows of a batch on their way to the lake: a local Parquet file that grows while they are made.

Memory holds a few thousand rows at a time, whatever the batch comes to. The file counts for nothing until it is committed; one
that a killed process left behind is removed when its batch is worked on again.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.errors import WarehouseError
from warehouse.store.staging import schema, staged

_ROWS_PER_GROUP: Final = 4096
_HINT: Final = "is the disk full or read-only?"


class StagedFile:
    """A file of rows of one table. Mutable: it grows by `add`; it is removed at the end of its context."""

    def __init__(self, table: str, batch_id: str, folder: Path) -> None:
        self.table = table
        self.path = folder / f"{batch_id}-{os.getpid()}.parquet"
        self.n_rows = 0
        self._waiting: list[object] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for other in folder.glob(f"{batch_id}-*.parquet"):
                _remove_orphan(other)
            self._writer = pq.ParquetWriter(self.path, schema(table), compression="zstd")
        except OSError as error:
            raise WarehouseError(f"{self.path}: cannot be written ({error.strerror or error})", hint=_HINT) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._writer.close()
        self.path.unlink(missing_ok=True)

    def add(self, rows: Sequence[object]) -> None:
        """Take rows of the table's record; they are written in groups. Raises WarehouseError where the disk is full."""
        self._waiting += rows
        self.n_rows += len(rows)
        if len(self._waiting) >= _ROWS_PER_GROUP:
            self._write()

    def finish(self) -> None:
        """Write what is still waiting and close the file, which can then be read."""
        self._write()
        self._writer.close()

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            self._writer.write_table(staged(self.table, waiting))
        except (OSError, pa.ArrowException) as error:
            raise WarehouseError(f"{self.path}: cannot be written ({error})", hint=_HINT) from error


def _remove_orphan(file: Path) -> None:
    """Remove a file whose process is gone."""
    try:
        os.kill(int(file.stem.rpartition("-")[2]), 0)
    except ProcessLookupError:
        file.unlink(missing_ok=True)
