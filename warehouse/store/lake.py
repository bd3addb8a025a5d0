"""The warehouse: one lake, opened for reading or writing, used by every thread of a process at once.

A batch is one transaction: its old rows deleted, its rows inserted, its line in the ledger `batches` written. After a kill
at any moment it is there whole or not at all, and `is_committed` says which.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import duckdb
import pyarrow as pa

from warehouse.errors import WarehouseError
from warehouse.places.location import Location, is_remembered, located, remember
from warehouse.places.s3 import S3Access, duckdb_secret, s3_access
from warehouse.records import (
    Batch,
    CheckpointKind,
    CheckpointRow,
    Node,
    Problem,
    QuarantinedRow,
    RoundRow,
    RoundStatus,
)
from warehouse.rounds import state as rounds
from warehouse.rounds.line import Turn, turn_of
from warehouse.rounds.problems import insert_new, select_problems
from warehouse.rounds.ranges import PROBLEMS_PER_RANGE, RANGE_PARAMETERS, ProblemRange, can_be_ranged, ranges_from
from warehouse.settings import WarehouseSettings
from warehouse.sql.statements import bound, find
from warehouse.store.asked import ROWS_PER_ARROW_BATCH, first_rows, named, of_this_version, resolved
from warehouse.store.connection import roll_back, use_lake
from warehouse.store.failures import reported
from warehouse.store.interruption import interruptible
from warehouse.store.ledger import forget, insert_rows, insert_select, refuse_foreign, write_ledger
from warehouse.store.opening import OUTAGE_LIMIT_SECONDS, commit_lock, open_and_migrate, open_to_read, patiently, retried
from warehouse.store.parquet import write_parquet
from warehouse.store.staged_file import StagedFile
from warehouse.store.staging import SORT_KEYS, staged
from warehouse.store.writer_lock import CommitLock

if TYPE_CHECKING:
    # 35 MiB that a process which annotates and exports never needs: DuckDB imports it when a query is asked.
    import polars as pl

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Committed:
    """What a batch wrote. replaced: an earlier commit of the same batch was replaced."""

    batch_id: str
    n_rows: int
    replaced: bool


class Warehouse:
    """An open lake. Use it as a context manager; share one object among the threads of a process."""

    def __init__(
        self,
        location: Location,
        settings: WarehouseSettings,
        connection: duckdb.DuckDBPyConnection,
        lock: CommitLock | None,
        outage_limit_seconds: float = 0.0,
    ) -> None:
        self.home = location.home
        self.location = location
        self.settings = settings
        self._connection = connection
        self.lock = lock
        self._outage_limit_seconds = outage_limit_seconds
        self._access: S3Access | None = None

    @classmethod
    def open(
        cls,
        home: Path,
        settings: WarehouseSettings | None = None,
        *,
        read_only: bool = False,
        snapshot_id: int | None = None,
    ) -> Self:
        """Return the lake of a home directory, wherever it is; as `at` otherwise."""
        settings = settings or WarehouseSettings()
        return cls.at(located(home, settings), settings, read_only=read_only, snapshot_id=snapshot_id)

    @classmethod
    def at(
        cls,
        location: Location,
        settings: WarehouseSettings,
        *,
        read_only: bool = False,
        snapshot_id: int | None = None,
        token: int | None = None,
    ) -> Self:
        """Return the lake of a location, created or migrated where it is to be written.

        snapshot_id: the lake as it was then, read only. token: of the lease under which everything is committed; such a lake
        waits for servers that are away, and refuses commits with LeaseLost once another process has the lease. Raises
        WarehouseError when there is no lake to read, when a newer version wrote it, or when it is damaged.
        """
        read_only = read_only or snapshot_id is not None
        lock = None if read_only else commit_lock(location, settings, token)
        try:
            if lock is None:
                with reported(location.name):
                    connection = retried(lambda: open_to_read(location, settings, snapshot_id))
            else:
                connection = open_and_migrate(location, settings, lock)
        except BaseException:
            if lock is not None:
                lock.close()
            raise
        if not is_remembered(location):
            remember(location)
        return cls(location, settings, connection, lock, 0.0 if token is None else OUTAGE_LIMIT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the lake; cursors of other threads end with it."""
        self._connection.close()
        if self.lock is not None:
            self.lock.close()

    # Writing

    def commit(self, batch: Batch, rows: Mapping[str, Sequence[object]]) -> Committed:
        """Return what was written: every row of the batch and its ledger line, in one transaction.

        A batch that was committed before is replaced, in all the tables that batches write. Raises WarehouseError for rows of a
        table that the batch's stage does not write.
        """
        refuse_foreign(batch, rows)
        tables = {table: staged(table, records) for table, records in rows.items()}

        def insert(cursor: duckdb.DuckDBPyConnection) -> int:
            return sum(insert_rows(cursor, batch, table, rows) for table, rows in tables.items() if rows.num_rows)

        return self._commit(batch, insert)

    def commit_file(self, batch: Batch, rows: StagedFile) -> Committed:
        """Return what was written: as `commit`, of rows that are too many for memory. The file must be finished."""

        def insert(cursor: duckdb.DuckDBPyConnection) -> int:
            select = f"select * from read_parquet($staged_path) order by {SORT_KEYS[rows.table]}"
            return insert_select(cursor, batch, rows.table, select, {"staged_path": str(rows.path)}) if rows.n_rows else 0

        refuse_foreign(batch, [rows.table])
        return self._commit(batch, insert)

    def run_statement(self, batch: Batch, name: str, **parameters: object) -> Committed:
        """Return what a shipped statement wrote into its table as this batch, in one transaction with the ledger line."""
        statement = find(name)
        if statement.into is None:
            raise WarehouseError(f"{name} is a query: it writes no table", hint="use Warehouse.query")
        refuse_foreign(batch, [statement.into])
        into, values = statement.into, bound(statement, parameters)
        select = f"select * from ({statement.sql}\n)"

        def insert(cursor: duckdb.DuckDBPyConnection) -> int:
            return insert_select(cursor, batch, into, select, values)

        return self._commit(batch, insert)

    def ingest(self, batch: Batch, problems: Sequence[Problem], quarantined: Sequence[QuarantinedRow]) -> int:
        """Return how many of the problems were new. One that is there already, by id, stays as it is.

        Raises BadInput for new training problems while a round is unfinished.
        """
        refuse_foreign(batch, ("problems", "quarantine"))
        new, broken = staged("problems", problems), staged("quarantine", quarantined)

        def insert(cursor: duckdb.DuckDBPyConnection) -> int:
            cursor.register("staged_new", new)
            rounds.refuse_new_problems(cursor, "staged_new")
            n_new = insert_new(cursor, batch)
            insert_rows(cursor, batch, "quarantine", broken)
            return n_new

        return self._commit(batch, insert).n_rows

    @contextmanager
    def transaction(self, message: str, extra: Mapping[str, object]) -> Iterator[duckdb.DuckDBPyConnection]:
        """Return a context with a cursor inside a transaction that commits at its end with this message, or not at all."""
        if self.lock is None:
            raise WarehouseError(f"{self.home}: the lake was opened read-only")
        with self.lock.held(), reported(self.location.name), self.cursor() as cursor:
            cursor.execute("begin")
            try:
                yield cursor
                cursor.execute(
                    "call ducklake_set_commit_message('lake', 'stargrove', $message, extra_info => $extra)",
                    {"message": message, "extra": json.dumps(extra, sort_keys=True)},
                )
                cursor.execute("commit")
            except BaseException:
                roll_back(cursor)
                raise

    def patiently(self, work: Callable[[], Value]) -> Value:
        """Return what `work` returns; under a lease it is tried again while Postgres or S3 is away."""
        return patiently(work, self._outage_limit_seconds)

    @contextmanager
    def exclusive(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Return a context with a cursor outside any transaction, while nobody else writes: for maintenance."""
        if self.lock is None:
            raise WarehouseError(f"{self.home}: the lake was opened read-only")
        with self.lock.held(), reported(self.location.name), self.cursor() as cursor:
            yield cursor

    def _commit(self, batch: Batch, insert: Callable[[duckdb.DuckDBPyConnection], int]) -> Committed:
        message = f"round {batch.round} {batch.stage} {batch.shard}"
        extra = {"batch_id": batch.batch_id, "flow_run_id": batch.flow_run_id, "task_run_id": batch.task_run_id}

        def write(cursor: duckdb.DuckDBPyConnection) -> Committed:
            started = time.perf_counter()
            replaced = forget(cursor, batch.batch_id)
            n_rows = insert(cursor)
            # Where the caller measured nothing, the statement was the work.
            write_ledger(cursor, replace(batch, wall_seconds=batch.wall_seconds or time.perf_counter() - started), n_rows)
            return Committed(batch.batch_id, n_rows, replaced)

        return self.write(message, extra, write)

    def write(self, message: str, extra: Mapping[str, object], write: Callable[[duckdb.DuckDBPyConnection], Value]) -> Value:
        """Return what `write` returns, in one transaction. It may be called twice, after a commit that was not heard of."""

        def attempt() -> Value:
            with self.transaction(message, extra) as cursor:
                return write(cursor)

        return self.patiently(attempt)

    # Rounds and checkpoints

    def start_round(self, row: RoundRow) -> None:
        """Record that the round runs; on resume it keeps its start and its pin. Raises BadInput for other settings."""
        extra = {"flow_run_id": row.flow_run_id}
        self.write(f"round {row.round} starts", extra, lambda cursor: rounds.start(cursor, row))

    def set_round_status(self, round_number: int, status: RoundStatus) -> None:
        """Set the status of a round, and when it finished."""
        self.write(f"round {round_number} {status}", {}, lambda cursor: rounds.set_status(cursor, round_number, status))

    def set_candidates(self, round_number: int, policy_id: str, ppm_id: str | None) -> None:
        """Record which checkpoints a round trained."""
        self.write(
            f"round {round_number} candidates",
            {},
            lambda cursor: rounds.set_candidates(cursor, round_number, policy_id, ppm_id),
        )

    def pin_training_snapshot(self, round_number: int) -> int:
        """Return the snapshot that the trainers of a round read, decided by the first call and pinned from then on."""
        message = f"round {round_number} pins its training data"
        return self.write(message, {}, lambda cursor: rounds.pin_snapshot(cursor, round_number))

    def record_checkpoint(self, checkpoint: CheckpointRow) -> None:
        """Record a published checkpoint; one that is there already stays as it is."""
        message = f"round {checkpoint.round} {checkpoint.kind} {checkpoint.checkpoint_id}"
        self.write(message, {}, lambda cursor: rounds.record_checkpoint(cursor, checkpoint))

    def promote(self, round_number: int, policy_id: str, ppm_id: str | None) -> None:
        """Make checkpoints the current ones, retire their predecessors and close the round: all at once, or nothing."""
        extra = {"policy_id": policy_id, "ppm_id": ppm_id}
        self.write(
            f"round {round_number} promoted", extra, lambda cursor: rounds.promote(cursor, round_number, policy_id, ppm_id)
        )

    def reject(self, round_number: int) -> None:
        """Close a round as rejected, its candidates with it; the current checkpoints stay."""
        self.write(f"round {round_number} rejected", {}, lambda cursor: rounds.reject(cursor, round_number))

    def round_row(self, round_number: int) -> RoundRow | None:
        """Return a round, or None where it was never started."""
        return self._read(lambda cursor: rounds.read(cursor, round_number))

    def round_rows(self) -> list[RoundRow]:
        """Return every round that was begun, by number."""
        return self._read(rounds.read_all)

    def turn(self, round_number: int) -> Turn:
        """Return the turn of a round in its line; one that was never begun builds on all before it."""
        row = self.round_row(round_number)
        return Turn(round_number) if row is None else turn_of(row)

    def checkpoint(self, checkpoint_id: str) -> CheckpointRow | None:
        """Return a checkpoint by its id."""
        return self._read(lambda cursor: rounds.find_checkpoint(cursor, checkpoint_id))

    def current_checkpoint(self, kind: CheckpointKind) -> CheckpointRow | None:
        """Return the checkpoint of a kind that the next round searches with."""
        return self._read(lambda cursor: rounds.current_checkpoint(cursor, kind))

    # Reading

    def query(self, name_or_sql: str, **parameters: object) -> "pl.DataFrame":
        """Return the rows of a shipped query, by name, or of SQL text with $parameters. Raises BadInput for wrong SQL."""
        sql, values = resolved(name_or_sql, parameters)
        return self._read(lambda cursor: cursor.execute(sql, values).pl(), named(name_or_sql))

    def head(self, name_or_sql: str, n_rows: int, parameters: Mapping[str, object]) -> "pl.DataFrame":
        """Return the first rows of `query`, and one more where there are more; DuckDB makes no others. Ctrl-C stops it."""
        sql, values = resolved(name_or_sql, parameters)
        read = partial(first_rows, sql=sql, values=values, n_rows=n_rows)
        return self._read(lambda cursor: interruptible(cursor, read), named(name_or_sql))

    def stream(self, name_or_sql: str, **parameters: object) -> Iterator[pa.RecordBatch]:
        """Return the same rows as `query`, one Arrow batch after the other, so that they need not fit in memory.

        A query that can be kept to a range of problems, and is not, is asked range by range, each in the order of the query.
        """
        for reader in self.readers(name_or_sql, parameters):
            yield from reader

    def export(self, name_or_sql: str, path: Path, **parameters: object) -> int:
        """Return how many rows of `stream` were written to a Parquet file, whole or not at all; same rows, same bytes."""
        return write_parquet(self.readers(name_or_sql, parameters), path)

    def problem_ranges(self, size: int = PROBLEMS_PER_RANGE) -> list[ProblemRange]:
        """Return ranges of `size` training problems, in which every problem is, also one that is yet to come."""
        sql, values = resolved("range_starts", {"size": size})
        rows = self._read(lambda cursor: cursor.execute(sql, values).fetchall(), named("range_starts"))
        return ranges_from([first for (first,) in rows])

    def readers(self, name_or_sql: str, parameters: Mapping[str, object]) -> Iterator[pa.RecordBatchReader]:
        """Yield the rows of `stream` as Arrow readers, one for each range; each must be read before the next is asked for."""
        sql, values = resolved(name_or_sql, parameters)
        whole = not can_be_ranged(sql) or bool(parameters.keys() & RANGE_PARAMETERS)
        parts = [{}] if whole else [part.parameters for part in self.problem_ranges()]
        with reported(named(name_or_sql)), self.cursor() as cursor:
            for part in parts:
                yield cursor.execute(sql, {**values, **part}).to_arrow_reader(ROWS_PER_ARROW_BATCH)

    def is_committed(self, batch_id: str) -> bool:
        """Return whether the batch is in the lake."""
        return self.query("select 1 as found from batches where batch_id = $batch_id", batch_id=batch_id).height > 0

    def problems(self, split: str, limit: int | None = None, *, held_out: bool = False) -> list[Problem]:
        """Return the problems of a split, ordered by id. held_out: without those that only benchmark files brought."""
        rows = self.query(select_problems(held_out=held_out), split=split, limit=limit)
        return [Problem(**row) for row in rows.iter_rows(named=True)]

    def nodes(self, tree_id: str) -> list[Node]:
        """Return the nodes of a search tree in order of creation."""
        sql = f"select {', '.join(field.name for field in fields(Node))} from nodes where tree_id = $tree_id order by node_id"
        rows = self.query(sql, tree_id=tree_id).iter_rows(named=True)
        return [Node(**row | {"repairs": tuple(row["repairs"] or ())}) for row in rows]

    def snapshot_id(self) -> int:
        """Return the id of the latest snapshot of the lake."""
        return int(self.query("select id from ducklake_current_snapshot('lake')").item())

    def _read(self, read: Callable[[duckdb.DuckDBPyConnection], Value], where: str = "") -> Value:
        def attempt() -> Value:
            with self.cursor() as cursor:
                return read(cursor)

        def report() -> Value:
            with of_this_version(self._connection, self.location, where), reported(where or self.location.name):
                return retried(attempt)

        return self.patiently(report)

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Return a context with a cursor of the lake, for a reader that needs several statements; it closes at the end."""
        cursor = self._connection.cursor()
        try:
            use_lake(cursor)
            self._renew_access(cursor)
            yield cursor
        finally:
            cursor.close()

    def _renew_access(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Give the connection the keys of S3 as they are now: they may change in the hours that a lake is open."""
        if self.location.data and (access := s3_access()) != self._access:
            cursor.execute(duckdb_secret(access))
            self._access = access
