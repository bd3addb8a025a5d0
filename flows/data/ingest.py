"""What `stargrove ingest` does: rows of a file become problems of the lake, and test problems stay out of training."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from flows.data.input_file import input_file_id
from flows.data.near_duplicates import record_near_duplicates
from flows.data.screening import IngestOptions, Screened, loaded_problems, problems_there, screened
from flows.settings import Settings
from tasks.problems.doubts import DoubtName
from warehouse.places.hub import pinned
from warehouse.places.objects import fetched, spelled
from warehouse.records import Batch, QuarantinedRow, Source, Split
from warehouse.stages import INGEST, SOURCES, Stage
from warehouse.store.lake import Warehouse

AS_IT_IS: Final = IngestOptions()
"""The file is recognised, and taken whole."""


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of a file: n_rows is the sum of the other counts but n_mended and n_near, or it was there already.

    n_new: problems that are stored, or would be. n_left: usable, but outside of the portion that was asked for. n_mended: rows
    whose damaged LaTeX was put back. n_near: pairs of all problems in the lake that nearly repeat each other.
    """

    path: Path
    split: Split
    already_there: bool
    n_rows: int = 0
    n_new: int = 0
    n_duplicates: int = 0
    n_known: int = 0
    n_quarantined: int = 0
    n_refused: int = 0
    n_of_other_use: int = 0
    n_left: int = 0
    n_mended: int = 0
    n_near: int = 0
    n_doubtful: Mapping[DoubtName, int] = field(default_factory=dict)
    is_recorded: bool = True

    @property
    def line(self) -> str:
        """One line for people, without what did not happen."""
        name = spelled(self.path)
        if self.already_there:
            return f"{name}: ingested before, nothing to do"
        doubtful = ", ".join(f"{count:,} {doubt}" for doubt, count in sorted(self.n_doubtful.items()))
        take = f" ({doubtful}: --allow takes them)" if doubtful else ""
        see = {True: ", see: stargrove sql --file {}", False: ", not recorded"}[self.is_recorded]
        parts = (
            (self.n_duplicates, "duplicates dropped"),
            (self.n_known, "already in the lake"),
            (self.n_of_other_use, "left out, for the base or another split has them"),
            (self.n_left, "more are usable"),
            (self.n_quarantined, f"quarantined{take}{see.format('quarantined_rows')}"),
            (self.n_refused, f"refused, for they repeat test problems{see.format('refused_problems')}"),
            (self.n_mended, "rows had LaTeX that JSON escapes had damaged, now repaired"),
            (self.n_near, "pairs in the lake nearly repeat each other, see: stargrove sql --file near_duplicates"),
        )
        rest = "".join(f"; {count:,} {what}" for count, what in parts if count)
        return f"{name}: {self.n_new:,} {self.split} problems from {self.n_rows:,} rows{rest}"


def report_of(path: Path, split: Split, found: Screened, n_new: int, n_near: int, *, is_recorded: bool) -> IngestReport:
    """Return the counts of a screened file."""
    loaded = found.loaded
    return IngestReport(
        path,
        split,
        already_there=False,
        n_rows=loaded.n_rows,
        n_new=n_new,
        n_duplicates=loaded.n_duplicates,
        n_known=loaded.n_known,
        n_quarantined=len(loaded.quarantined),
        n_refused=len(found.refusals),
        n_of_other_use=found.n_of_other_use,
        n_left=found.n_left,
        n_mended=loaded.n_mended,
        n_near=n_near,
        n_doubtful=loaded.n_doubtful,
        is_recorded=is_recorded,
    )


def run_ingest(
    settings: Settings,
    home: Path,
    path: Path,
    split: Split,
    source: str,
    licence: str | None = None,
    stage: Stage = INGEST,
    options: IngestOptions = AS_IT_IS,
) -> IngestReport:
    """Return what became of the file's rows. Raises BadInput where it holds no problem, or tests what was trained on.

    stage: BENCHMARK_INGEST for test problems that no round is to be measured on. Of a portion of a file, what is quarantined
    or refused is counted and not recorded: the gates compare those rows with the problems, and most of those are left out.
    """
    path = pinned(path)
    with fetched(path) as local:
        file_id = input_file_id(local)
        batch = Batch(0, stage.name, f"{split} {source}", options.fingerprint(file_id))
        origin = Source(source, split, licence, spelled(path), file_id, 0, 0)
        return _ingested(settings, home, local, path, origin, batch, options)


def _ingested(
    settings: Settings, home: Path, local: Path, path: Path, origin: Source, batch: Batch, options: IngestOptions
) -> IngestReport:
    """Read the local copy of `path`."""
    split = origin.split
    with Warehouse.open(home, settings.warehouse) as lake:
        # A file that was ingested for itself is not brought by a benchmark as well.
        for earlier in (batch, replace(batch, stage=INGEST.name)):
            if lake.is_committed(earlier.batch_id):
                _finish(settings, lake, earlier, origin, local, options)
                return IngestReport(path, split, already_there=True)
        there = problems_there(lake)
        taken_over: set[str] = set()
        if split == "test" and batch.stage == INGEST.name:
            # What only benchmarks brought is a test problem like others from now on.
            of_benchmarks = {*there["test"]}.difference(lake.problems("test", held_out=True))
            taken_over = {problem.problem_id for problem in of_benchmarks}
        found = screened(settings, local, path, split, origin.source, options, there, taken_over)
        is_recorded = options.portion.is_whole
        quarantined: list[QuarantinedRow] = [*found.loaded.quarantined, *(refusal.quarantined() for refusal in found.refusals)]
        n_new = lake.ingest(batch, found.accepted, quarantined if is_recorded else [])
        rows = [replace(origin, n_rows=found.loaded.n_rows, n_problems=n_new)]
        lake.commit(replace(batch, stage=SOURCES.name), {"sources": rows})
        n_near = record_near_duplicates(settings, lake)
    return report_of(path, split, found, n_new, n_near, is_recorded=is_recorded)


def _finish(settings: Settings, lake: Warehouse, batch: Batch, origin: Source, local: Path, options: IngestOptions) -> None:
    """Record where the problems of a batch are from, and what they resemble, where a run was ended before it did."""
    sources = replace(batch, stage=SOURCES.name)
    if lake.is_committed(sources.batch_id):
        return
    n_new = lake.query("select n_rows from batches where batch_id = $batch_id", batch_id=batch.batch_id).item()
    n_rows = loaded_problems(settings, local, origin.split, origin.source, options.reading, {}, set()).n_rows
    lake.commit(sources, {"sources": [replace(origin, n_rows=n_rows, n_problems=n_new)]})
    record_near_duplicates(settings, lake)
