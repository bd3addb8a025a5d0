"""What `stargrove ingest` does: rows of a file become problems of the lake, and test problems stay out of training."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flows.data.input_file import input_file_id
from flows.data.near_duplicates import record_near_duplicates
from flows.settings import Settings
from tasks.domains.mathematics.gsm8k import use_of
from tasks.domains.registry import DOMAINS
from tasks.problems.decontamination import Decontaminator, Refusal
from tasks.problems.loaders import load_problems
from warehouse.errors import BadInput
from warehouse.places.objects import fetched, spelled
from warehouse.records import SPLITS, Batch, Problem, QuarantinedRow, Source, Split
from warehouse.stages import INGEST, SOURCES, Stage
from warehouse.store.lake import Warehouse


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What became of a file: n_rows is the sum of the other counts but n_near, or it was there already.

    n_near: pairs of all problems in the lake that nearly repeat each other.
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
    n_near: int = 0

    @property
    def line(self) -> str:
        """One line for people, without what did not happen."""
        name = spelled(self.path)
        if self.already_there:
            return f"{name}: ingested before, nothing to do"
        parts = (
            (self.n_duplicates, "duplicates dropped"),
            (self.n_known, "already in the lake"),
            (self.n_of_other_use, "left out, for the base or another split has them"),
            (self.n_quarantined, "quarantined, see: stargrove sql --file quarantined_rows"),
            (self.n_refused, "refused, for they repeat test problems, see: stargrove sql --file refused_problems"),
            (self.n_near, "pairs in the lake nearly repeat each other, see: stargrove sql --file near_duplicates"),
        )
        rest = "".join(f"; {count:,} {what}" for count, what in parts if count)
        return f"{name}: {self.n_new:,} {self.split} problems from {self.n_rows:,} rows{rest}"


def run_ingest(
    settings: Settings, home: Path, path: Path, split: Split, source: str, licence: str | None = None, stage: Stage = INGEST
) -> IngestReport:
    """Return what became of the file's rows. Raises BadInput where it holds no problem, or tests what was trained on.

    stage: BENCHMARK_INGEST for test problems that no round is to be measured on.
    """
    with fetched(path) as local:
        batch = Batch(round=0, stage=stage.name, shard=f"{split} {source}", fingerprint=input_file_id(local))
        return _ingested(settings, home, local, path, split, source, licence, batch)


def _ingested(
    settings: Settings, home: Path, local: Path, path: Path, split: Split, source: str, licence: str | None, batch: Batch
) -> IngestReport:
    """Read the local copy of `path`."""
    with Warehouse.open(home, settings.warehouse) as lake:
        # A file that was ingested for itself is not brought by a benchmark as well.
        for earlier in (batch, replace(batch, stage=INGEST.name)):
            if lake.is_committed(earlier.batch_id):
                _finish(settings, lake, earlier, Source(source, split, licence, spelled(path), batch.fingerprint, 0, 0), local)
                return IngestReport(path, split, already_there=True)
        there = {name: lake.problems(name) for name in SPLITS}
        known = {problem.problem_id: problem.answer for problems in there.values() for problem in problems}
        taken_over: set[str] = set()
        if split == "test" and batch.stage == INGEST.name:
            # What only benchmarks brought is a test problem like others from now on.
            of_benchmarks = {*there["test"]}.difference(lake.problems("test", held_out=True))
            taken_over = {problem.problem_id for problem in of_benchmarks}
        read = DOMAINS[settings.problems.domain].read
        loaded = load_problems(local, split, source, read=read, known=known, taken_over=taken_over)
        ours = [problem for problem in loaded.problems if _is_for(settings, problem, split)]
        refusals = _refusals(ours, there, split, settings.gates.n_gram, path)
        refused = {refusal.problem.problem_id for refusal in refusals}
        accepted = [problem for problem in ours if problem.problem_id not in refused]
        quarantined: list[QuarantinedRow] = [*loaded.quarantined, *(refusal.quarantined() for refusal in refusals)]
        n_new = lake.ingest(batch, accepted, quarantined)
        origin = Source(source, split, licence, spelled(path), batch.fingerprint, loaded.n_rows, n_new)
        lake.commit(replace(batch, stage=SOURCES.name), {"sources": [origin]})
        n_near = record_near_duplicates(settings, lake)
    return IngestReport(
        path,
        split,
        already_there=False,
        n_rows=loaded.n_rows,
        n_new=n_new,
        n_duplicates=loaded.n_duplicates,
        n_known=loaded.n_known,
        n_quarantined=len(loaded.quarantined),
        n_refused=len(refusals),
        n_of_other_use=len(loaded.problems) - len(ours),
        n_near=n_near,
    )


def _finish(settings: Settings, lake: Warehouse, batch: Batch, origin: Source, local: Path) -> None:
    """Record where the problems of a batch are from, and what they resemble, where a run was ended before it did."""
    sources = replace(batch, stage=SOURCES.name)
    if lake.is_committed(sources.batch_id):
        return
    n_new = lake.query("select n_rows from batches where batch_id = $batch_id", batch_id=batch.batch_id).item()
    n_rows = load_problems(local, origin.split, origin.source, read=DOMAINS[settings.problems.domain].read).n_rows
    lake.commit(sources, {"sources": [replace(origin, n_rows=n_rows, n_problems=n_new)]})
    record_near_duplicates(settings, lake)


def _is_for(settings: Settings, problem: Problem, split: Split) -> bool:
    """Return whether a problem is for this split. A test file is whole; GSM8K's training file is shared with the base."""
    return settings.problems.base_corpus == "separate" or split == "test" or use_of(problem.statement) == split


def _refusals(
    problems: Sequence[Problem], there: dict[Split, list[Problem]], split: Split, n_gram: int, path: Path
) -> tuple[Refusal, ...]:
    """Return the problems that may not enter. A test problem always may, and so the training problems must not be there yet."""
    if split != "test":
        return Decontaminator(there["test"], n_gram).refusals(problems)
    trained = Decontaminator(problems, n_gram).refusals([*there["train"], *there["validation"]])
    if trained:
        raise BadInput(
            f"{len(trained)} problems that the lake trains on share {n_gram} words in a row with {spelled(path)}",
            hint="ingest test problems first, into a new --home; then those training problems are refused",
        )
    return ()
