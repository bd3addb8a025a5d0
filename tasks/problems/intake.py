"""What becomes of each row of a source: a problem, a duplicate, one already known, or a row in quarantine with its reason."""

from collections import Counter
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Final

from tasks.problems.answers import short
from tasks.problems.damage import mended
from tasks.problems.doubts import Doubt, DoubtfulRow, DoubtName
from tasks.problems.options import ReadingOptions, renamed
from tasks.problems.rows import RawRow, RowError
from warehouse.records import Problem, QuarantinedRow, Split

ReadRow = Callable[[RawRow, Split, str], Problem]
"""From a row, a split and the name of its source to a problem; raises RowError with the reason."""
SameAnswer = Callable[[str, str], bool]
"""Whether two reference answers say the same."""

_MAX_RAW_CHARS: Final = 4_000
"""Enough to recognise a row by; a quarantined row of megabytes would help nobody."""


@dataclass(frozen=True, slots=True)
class LoadedProblems:
    """What became of a file's n_rows rows: each is a problem, a duplicate, already known, or quarantined.

    n_duplicates: the same statement and answer once more in this file. n_known: a statement already in the warehouse.
    n_mended: rows whose damaged LaTeX was put back, whatever became of them. n_doubtful: quarantined rows by kind of doubt.
    """

    problems: tuple[Problem, ...]
    quarantined: tuple[QuarantinedRow, ...]
    n_rows: int
    n_duplicates: int
    n_known: int
    n_mended: int = 0
    n_doubtful: Mapping[DoubtName, int] = field(default_factory=dict)


@dataclass(slots=True)
class Intake:
    """Mutable: what has been read of one source so far."""

    split: Split
    source: str
    read: ReadRow
    known: Mapping[str, str]
    taken_over: Container[str]
    same_answer: SameAnswer
    options: ReadingOptions
    _first_rows: dict[str, tuple[RawRow, Problem]] = field(default_factory=dict)
    _contradictions: dict[str, tuple[RawRow, Problem]] = field(default_factory=dict)
    _quarantined: list[QuarantinedRow] = field(default_factory=list)
    _doubts: Counter[DoubtName] = field(default_factory=Counter)
    _n_rows: int = 0
    _n_duplicates: int = 0
    _n_known: int = 0
    _n_mended: int = 0

    def take(self, row: RawRow) -> None:
        """Take a row in as what it is."""
        self._n_rows += 1
        try:
            self._add(row)
        except DoubtfulRow as error:
            self._doubts.update(doubt.name for doubt in error.doubts[:1])
            self._refuse(row, str(error))
        except RowError as error:
            self._refuse(row, str(error))

    def loaded(self) -> LoadedProblems:
        """Return all that was read. Of a statement with two answers nobody knows which is right, so its first row goes too."""
        for identity, (other_row, other) in self._contradictions.items():
            row, problem = self._first_rows.pop(identity)
            self._refuse(row, _contradiction(problem.answer, other.answer, f"on line {other_row.line_number}"))
        return LoadedProblems(
            problems=tuple(problem for _, problem in self._first_rows.values()),
            quarantined=tuple(sorted(self._quarantined, key=lambda refused: refused.line_number)),
            n_rows=self._n_rows,
            n_duplicates=self._n_duplicates,
            n_known=self._n_known,
            n_mended=self._n_mended,
            n_doubtful=dict(self._doubts),
        )

    def _add(self, row: RawRow) -> None:
        """Count a row as a problem, a duplicate or known. Raises RowError when it is none of them."""
        problem = self._problem(row)
        identity = problem.problem_id
        if identity in self.known:
            self._compare(problem, self.known[identity], "already in the warehouse")
        if identity in self.known and identity not in self.taken_over:
            self._n_known += 1
        elif identity not in self._first_rows:
            self._first_rows[identity] = (row, problem)
        else:
            first_row, first = self._first_rows[identity]
            try:
                self._compare(problem, first.answer, f"on line {first_row.line_number}")
            except RowError:
                self._contradictions.setdefault(identity, (row, problem))
                raise
            self._n_duplicates += 1

    def _problem(self, row: RawRow) -> Problem:
        """Return the problem of a row, with all doubts but those that are allowed raised."""
        whole = mended(row)
        self._n_mended += whole.is_mended
        doubts = [Doubt("damaged", whole.doubt)] if whole.doubt is not None else []
        try:
            problem = self.read(renamed(whole.row, self.options), self.split, self.source)
        except DoubtfulRow as error:
            problem = error.problem
            doubts += error.doubts
        kept = [doubt for doubt in doubts if doubt.name not in self.options.allow]
        if kept:
            raise DoubtfulRow(problem, kept)
        return problem

    def _refuse(self, row: RawRow, reason: str) -> None:
        """Put a row into quarantine."""
        raw = row.raw[:_MAX_RAW_CHARS].replace("\0", "\\u0000").encode("utf-8", errors="backslashreplace").decode("utf-8")
        where = f" (in {row.file})" if row.file else ""
        self._quarantined.append(QuarantinedRow(self.source, row.line_number, reason + where, raw))

    def _compare(self, problem: Problem, answer: str, where: str) -> None:
        if not self.same_answer(answer, problem.answer):
            raise RowError(_contradiction(problem.answer, answer, where))


def _contradiction(here: str, there: str, where: str) -> str:
    return f"the same question has the answer {short(here)} here and {short(there)} {where}"
