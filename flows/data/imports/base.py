"""What every import does: rows of a file become problems, trees and labels of round 0, graded here, or are quarantined."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Final, Generic, TypeVar

from flows.settings import Settings
from tasks.grading.base import Grade, Grader
from tasks.grading.grader import grade_all
from tasks.interchange.rstar_trees import ForeignTree
from tasks.interchange.solutions import SolvedProblem
from tasks.problems.decontamination import Decontaminator
from tasks.problems.identity import problem_id
from tasks.problems.rows import RawRow, RowError
from warehouse.places.objects import spelled
from warehouse.records import SPLITS, Batch, Label, Node, Problem, QuarantinedRow, Split
from warehouse.stages import IMPORT_INGEST, IMPORT_TRAJECTORIES
from warehouse.store.lake import Warehouse

_MAX_RAW_CHARS: Final = 4_000

Parsed = TypeVar("Parsed", ForeignTree, SolvedProblem)


@dataclass(frozen=True, slots=True)
class ImportSource:
    """Where imported rows come from: the file, the name of its source, its licence, and the split of problems that are new."""

    path: Path
    source: str
    split: Split
    licence: str | None = None

    @property
    def address(self) -> str:
        """The path or s3:// address, for people."""
        return spelled(self.path)


@dataclass(slots=True)
class ImportReport:
    """What became of a file. Mutable: it grows shard by shard. n_disagreements: labels that are not our verdict."""

    origin: ImportSource
    n_rows: int = 0
    n_new_problems: int = 0
    n_trajectories: int = 0
    n_labels: int = 0
    n_disagreements: int = 0
    n_quarantined: int = 0

    @property
    def line(self) -> str:
        """One line for people."""
        if not self.n_rows:
            return f"{self.origin.address}: imported before, nothing to do"
        line = f"{self.origin.address}: {self.n_trajectories:,} trajectories from {self.n_rows:,} rows"
        line += f"; {self.n_new_problems:,} new problems"
        if self.n_labels:
            agree = f"{self.n_labels - self.n_disagreements:,} of {self.n_labels:,} labels agree with our grading"
            line += f"; {agree}, see: stargrove sql --file label_disagreements"
        if self.n_quarantined:
            line += f"; {self.n_quarantined:,} quarantined, see: stargrove sql --file quarantined_rows"
        return line


@dataclass(slots=True)
class _Shard(Generic[Parsed]):
    """Rows that are imported together. Mutable while they are read."""

    rows: list[tuple[RawRow, Problem, Parsed]] = field(default_factory=list)
    refused: list[QuarantinedRow] = field(default_factory=list)


class Import(ABC, Generic[Parsed]):
    """One form of file: how to read a row, which answers to grade, and what rows and labels follow from the grades."""

    def __init__(self, settings: Settings, lake: Warehouse, origin: ImportSource) -> None:
        self.settings = settings
        self.lake = lake
        self.origin = origin
        there = {split: lake.problems(split) for split in SPLITS}
        self.known = {problem.problem_id: problem for problems in there.values() for problem in problems}
        self.decontaminator = Decontaminator(there["test"], settings.gates.n_gram)

    @abstractmethod
    def parse(self, row: RawRow) -> Parsed:
        """Return what a row holds. Raises RowError."""

    @abstractmethod
    def pairs(self, problem: Problem, parsed: Parsed) -> list[tuple[str, str]]:
        """Return each answer of a row beside the reference answer."""

    @abstractmethod
    def rows(self, problem: Problem, parsed: Parsed, grades: Sequence[Grade]) -> tuple[list[Node], list[Label]]:
        """Return nodes and labels of a row, given the grades of its pairs. Raises RowError."""

    def left_out(self, parsed: Parsed) -> list[str]:
        """Return why parts of a row cannot be imported, a reason each."""
        return []

    def import_shard(self, raw_rows: Sequence[RawRow], batch: Batch, report: ImportReport, grader: Grader) -> None:
        """Grade and commit some rows: problems, then trees and labels in one batch, then the trajectories read off them."""
        shard = self._shard(raw_rows)
        pairs = [self.pairs(problem, parsed) for _, problem, parsed in shard.rows]
        grades = iter(grade_all([pair for of_row in pairs for pair in of_row], grader))
        nodes: list[Node] = []
        labels: list[Label] = []
        for (row, problem, parsed), of_row in zip(shard.rows, pairs, strict=True):
            own_grades = list(islice(grades, len(of_row)))
            try:
                new_nodes, new_labels = self.rows(problem, parsed, own_grades)
            except RowError as error:
                shard.refused.append(self.quarantined(row, str(error)))
            else:
                nodes += new_nodes
                labels += new_labels
        self._commit(shard, batch, nodes, labels, report)
        report.n_rows += len(raw_rows)

    def _commit(
        self, shard: _Shard[Parsed], batch: Batch, nodes: list[Node], labels: list[Label], report: ImportReport
    ) -> None:
        problems = list({problem.problem_id: problem for _, problem, _ in shard.rows}.values())
        report.n_new_problems += self.lake.ingest(replace(batch, stage=IMPORT_INGEST.name), problems, shard.refused)
        self.lake.commit(batch, {"nodes": nodes, "labels": labels})
        trajectories = replace(batch, stage=IMPORT_TRAJECTORIES.name)
        extracted = self.lake.run_statement(trajectories, "annotate_trajectories", round=0, shard=batch.shard)
        report.n_quarantined += len(shard.refused)
        report.n_trajectories += extracted.n_rows
        report.n_labels += len(labels)
        report.n_disagreements += sum(label.label != label.verdict for label in labels)

    def _shard(self, rows: Sequence[RawRow]) -> _Shard[Parsed]:
        """Return the rows that can be imported, and those that cannot with the reason."""
        shard: _Shard[Parsed] = _Shard()
        for row in rows:
            try:
                parsed = self.parse(row)
                shard.rows.append((row, self._problem(parsed.statement, parsed.answer), parsed))
                shard.refused += [self.quarantined(row, reason) for reason in self.left_out(parsed)]
            except RowError as error:
                shard.refused.append(self.quarantined(row, str(error)))
        return shard

    def quarantined(self, row: RawRow, reason: str) -> QuarantinedRow:
        """Return a row for the table quarantine."""
        return QuarantinedRow(self.origin.source, row.line_number, reason, row.raw[:_MAX_RAW_CHARS].replace("\0", "\\u0000"))

    def _problem(self, statement: str, answer: str) -> Problem:
        """Return the lake's problem of this statement, or a new one. Raises RowError where a new one repeats a test problem."""
        identity = problem_id(statement)
        if identity not in self.known:
            problem = Problem(identity, statement, answer, self.origin.source, None, self.origin.split)
            refusals = self.decontaminator.refusals([problem]) if self.origin.split != "test" else ()
            if refusals:
                raise RowError(refusals[0].reason)
            self.known[identity] = problem
        return self.known[identity]
