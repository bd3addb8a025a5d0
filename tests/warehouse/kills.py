"""A storm: writers that are killed with SIGKILL again and again, readers that watch, and what came of it.

Writers commit batches that are also committed by their neighbours, some without asking the ledger first: retried, doubled and
killed writers at once. A writer notes each batch that was acknowledged to it in a file. Readers check in one statement that
what they see is whole: rows of a batch and its line in the ledger, nothing twice, everything that was acknowledged before.
"""

import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.warehouse.trees import batch, node
from warehouse.records import Node
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

POINTS = (
    "with the lock, before the transaction",
    "before the rows",
    "while rows are written",
    "after the rows",
    "after the ledger",
    "inside commit",
    "after commit, with the lock",
    "after the lock, before it is acknowledged",
)
"""Where a writer dies: before, inside and after its commit."""

_COMMIT_SECONDS = 0.04
"""About what a commit takes; a writer that dies inside it dies at a random moment of this span."""

_READER_PAUSE_SECONDS = 0.1

WHOLE = """
with held as (
    select batch_id, count(*) as n_rows, count(distinct (tree_id, node_id)) as n_distinct from nodes group by batch_id
),
ledger as (
    select batch_id, any_value(shard) as shard, any_value(n_rows) as n_rows, count(*) as n_lines from batches group by batch_id
)
select ledger.shard, ledger.n_rows, ledger.n_lines, held.n_rows as n_held, held.n_distinct, held.batch_id
from ledger full join held using (batch_id)
"""


@dataclass(frozen=True)
class Storm:
    """What a storm does. n_kills and seconds are both reached before it ends; a writer dies after at most so many commits."""

    home: Path
    settings: WarehouseSettings
    environment: dict[str, str]
    n_kills: int
    seconds: float
    n_writers: int = 4
    n_readers: int = 4
    n_commits_before_death: int = 4
    seed: int = 20261124

    @property
    def notes(self) -> Path:
        return self.home / "notes"


@dataclass
class Aftermath:
    """What came of a storm."""

    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    n_reads: int = 0
    n_orphans: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


def rows_of(number: int) -> list[Node]:
    """The rows of a batch: every third is large enough for a Parquet file of its own."""
    n_rows = 300 if number % 3 == 0 else 7
    return [node(row, None, "P" * 20, depth=0, tree_id=f"t{number}") for row in range(n_rows)]


def shard_of(number: int) -> str:
    return f"{number:05}"


class Dying:
    """A cursor that kills its process at one point of a transaction."""

    def __init__(self, cursor: Any, point: str, rng: random.Random) -> None:
        self._cursor, self._point, self._rng = cursor, point, rng

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def execute(self, sql: str, *values: Any) -> Any:
        rows, ledger = sql.startswith("insert into nodes"), sql.startswith("insert into batches")
        before = {POINTS[0]: sql == "begin", POINTS[1]: rows}
        if before.get(self._point):
            die()
        if (self._point == POINTS[2] and rows) or (self._point == POINTS[5] and sql == "commit"):
            die_within(self._rng.uniform(0, _COMMIT_SECONDS))
        done = self._cursor.execute(sql, *values)
        after = {POINTS[3]: rows, POINTS[4]: ledger, POINTS[6]: sql == "commit"}
        if after.get(self._point):
            die()
        return done


class DyingWarehouse(Warehouse):
    """A lake whose writer dies in its next commit, once `point` is set."""

    point = ""
    rng = random.Random()

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        with super().cursor() as cursor:
            yield Dying(cursor, self.point, self.rng) if self.point else cursor


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_within(seconds: float) -> None:
    def later() -> None:
        time.sleep(seconds)
        die()

    threading.Thread(target=later, daemon=True).start()


def write(storm: Storm, writer: int, life: int, point: str, stop: Any) -> None:
    """Commit the writer's batches and some of its neighbour's, until told to stop or until it dies at the point."""
    os.environ.update(storm.environment)
    rng = random.Random(f"{storm.seed} {writer} {life}")
    last = rng.randint(0, storm.n_commits_before_death)
    notes = storm.notes / f"writer-{writer}"
    done = len(notes.read_text().split()) if notes.exists() else 0
    with DyingWarehouse.open(storm.home / f"writer-{writer}" if storm.settings.catalog else storm.home, storm.settings) as lake:
        lake.rng = rng
        for turn in range(1, 1_000_000):
            if stop.is_set():
                return
            number = writer + storm.n_writers * done
            if done and rng.random() < 0.25:
                number = (writer + 1) % storm.n_writers + storm.n_writers * rng.randrange(done)
            if point and turn > last:
                lake.point = point
            written = batch(1, "rollout", shard_of(number))
            if lake.point or rng.random() < 0.5 or not lake.is_committed(written.batch_id):
                lake.commit(written, {"nodes": rows_of(number)})
            if lake.point:
                die()
            with notes.open("a") as file:
                file.write(f"{shard_of(number)}\n" if number % storm.n_writers == writer else "")
            done += number % storm.n_writers == writer


def read(storm: Storm, reader: int, stop: Any, results: Any) -> None:
    """Look at the lake until told to stop, and report how often, and what was wrong."""
    os.environ.update(storm.environment)
    n_reads, faults = 0, []
    while not stop.is_set() and not faults:
        home = storm.home / f"reader-{reader}" if storm.settings.catalog else storm.home
        with Warehouse.open(home, storm.settings, read_only=True) as lake:
            for _ in range(10):
                faults += looked_at(lake, storm)
                n_reads += 1
                time.sleep(_READER_PAUSE_SECONDS)
    results.put((n_reads, faults[:3]))


def looked_at(lake: Warehouse, storm: Storm) -> list[str]:
    """What is wrong with what the lake shows at this moment."""
    before = acknowledged(storm)
    found = lake.query(WHOLE).rows()
    faults = [
        f"shard {row[0]}: {row[1:5]}"
        for row in found
        if row[5] is None or row[0] is None or not (row[1] == row[3] == row[4] == len(rows_of(int(row[0]))) and row[2] == 1)
    ]
    lost = before - {row[0] for row in found}
    return faults + [f"acknowledged and lost: {shard}" for shard in sorted(lost)]


def acknowledged(storm: Storm) -> set[str]:
    """The shards whose commit was acknowledged to some writer."""
    return {line for path in storm.notes.glob("writer-*") for line in path.read_text().split()}


def raged(storm: Storm) -> Aftermath:
    """Let the storm rage and return what came of it. The lake exists."""
    storm.notes.mkdir(parents=True)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.warehouse.kills"])
    stop, results = context.Event(), context.Queue()
    rng = random.Random(storm.seed)
    aftermath = Aftermath()
    readers = [context.Process(target=read, args=(storm, number, stop, results)) for number in range(storm.n_readers)]
    for reader in readers:
        reader.start()
    writers: dict[int, tuple[Any, str]] = {}
    points: list[str] = []
    lives = Counter[int]()
    began = time.monotonic()
    while True:
        over = sum(aftermath.kills.values()) >= storm.n_kills and time.monotonic() - began >= storm.seconds
        for number in range(storm.n_writers):
            process, point = writers.get(number, (None, ""))
            if process is not None and process.is_alive():
                continue
            if process is not None:
                note_death(aftermath, process.exitcode, point)
                del writers[number]
            if over or aftermath.faults:
                continue
            # Each point in turn, in another order every time.
            points = points or rng.sample(POINTS, len(POINTS))
            point = points.pop()
            lives[number] += 1
            process = context.Process(target=write, args=(storm, number, lives[number], point, stop))
            process.start()
            writers[number] = (process, point)
        if over or aftermath.faults:
            break
        time.sleep(0.01)
    stop.set()
    for number, (process, point) in writers.items():
        process.join(120)
        if process.exitcode is None:
            aftermath.faults.append(f"writer {number} hangs")
            process.kill()
        else:
            note_death(aftermath, process.exitcode, point)
    for reader in readers:
        n_reads, faults = results.get(timeout=120)
        aftermath.n_reads += n_reads
        aftermath.faults += faults
        reader.join(120)
    aftermath.seconds = time.monotonic() - began
    aftermath.acknowledged = acknowledged(storm)
    return aftermath


def note_death(aftermath: Aftermath, exit_code: int, point: str) -> None:
    if exit_code == -signal.SIGKILL:
        aftermath.kills[point] += 1
    elif exit_code != 0:
        aftermath.faults.append(f"a writer failed (exit code {exit_code}) instead of dying {point}")
