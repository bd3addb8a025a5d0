"""Turn problem files into problems: rows in, problems and quarantined rows out, none lost on the way.

Forms that are read: GSM8K's {question, answer} with the answer after `####`; the benchmark form {index, question, answer};
MATH's {problem, solution} with the answer in \\boxed{}; optional columns level and source. Other columns are ignored.
"""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tasks.problems.answers import RowError, reference_answer, same_spelling
from tasks.problems.identity import problem_id
from tasks.problems.readers import Json, RawRow, read_rows
from tasks.search.format import ASSISTANT, MARKERS
from warehouse.errors import BadInput
from warehouse.records import Problem, QuarantinedRow, Split

ReadRow = Callable[[RawRow, Split, str], Problem]
"""From a row, a split and the name of its source to a problem; raises RowError with the reason."""
SameAnswer = Callable[[str, str], bool]
"""Whether two reference answers say the same."""

_STATEMENT_FIELDS: Final = ("question", "problem", "statement")
_LEVEL: Final = re.compile(r"(?:level\s*)?(\d+)", re.IGNORECASE)
_UNKNOWN_LEVELS: Final = ("", "level ?", "?", "unknown")
_MAX_RAW_CHARS: Final = 4_000
"""Enough to recognise a row by; a quarantined row of megabytes would help nobody."""
_NOTHING: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class LoadedProblems:
    """What became of a file's n_rows rows: each is a problem, a duplicate, already known, or quarantined.

    n_duplicates: the same statement and answer once more in this file. n_known: a statement already in the warehouse.
    """

    problems: tuple[Problem, ...]
    quarantined: tuple[QuarantinedRow, ...]
    n_rows: int
    n_duplicates: int
    n_known: int


def load_problems(
    path: Path,
    split: Split,
    source: str,
    *,
    read: ReadRow | None = None,
    known: Mapping[str, str] = _NOTHING,
    taken_over: Container[str] = (),
    same_answer: SameAnswer = same_spelling,
) -> LoadedProblems:
    """Return the problems of a JSONL, JSON or Parquet file with what was refused and why.

    known: the answers of the problems already in the warehouse by problem id; those taken_over count as new where the answer
    is the same. Raises BadInput when the file cannot be read or no row of it is a problem.
    """
    loaded = problems_of(read_rows(path), split, source, read=read, known=known, taken_over=taken_over, same_answer=same_answer)
    hint = "give rows with the fields question and answer"
    if loaded.n_rows == 0:
        raise BadInput(f"problem file {path} has no rows", hint=hint)
    if not loaded.problems and not loaded.n_known:
        first = loaded.quarantined[0]
        found = f"none of its {loaded.n_rows} rows; line {first.line_number}: {first.reason}"
        raise BadInput(f"problem file {path} has no usable problem: {found}", hint=hint)
    return loaded


def problems_of(
    rows: Iterable[RawRow],
    split: Split,
    source: str,
    *,
    read: ReadRow | None = None,
    known: Mapping[str, str] = _NOTHING,
    taken_over: Container[str] = (),
    same_answer: SameAnswer = same_spelling,
) -> LoadedProblems:
    """Return the problems among the rows, in their order; a statement with two different answers is quarantined as a whole."""
    intake = _Intake(split, source, read or problem_of, known, taken_over, same_answer)
    for row in rows:
        try:
            intake.add(row)
        except RowError as error:
            intake.refuse(row, str(error))
    return intake.loaded()


class _Intake:
    """Mutable: what has been read of one source so far."""

    def __init__(
        self,
        split: Split,
        source: str,
        read: ReadRow,
        known: Mapping[str, str],
        taken_over: Container[str],
        same_answer: SameAnswer,
    ) -> None:
        self._split: Split = split
        self._source = source
        self._read = read
        self._known = known
        self._taken_over = taken_over
        self._same_answer = same_answer
        self._first_rows: dict[str, tuple[RawRow, Problem]] = {}
        self._other_answer_lines: dict[str, int] = {}
        self._quarantined: list[QuarantinedRow] = []
        self._n_rows = self._n_duplicates = self._n_known = 0

    def add(self, row: RawRow) -> None:
        """Count a row as a problem, a duplicate or known. Raises RowError when it is none of them."""
        self._n_rows += 1
        problem = self._read(row, self._split, self._source)
        identity = problem.problem_id
        if identity in self._known:
            self._compare(problem, self._known[identity], "already in the warehouse")
        if identity in self._known and identity not in self._taken_over:
            self._n_known += 1
        elif identity not in self._first_rows:
            self._first_rows[identity] = (row, problem)
        else:
            first_row, first = self._first_rows[identity]
            try:
                self._compare(problem, first.answer, f"on line {first_row.line_number}")
            except RowError:
                self._other_answer_lines.setdefault(identity, row.line_number)
                raise
            self._n_duplicates += 1

    def refuse(self, row: RawRow, reason: str) -> None:
        """Put a row into quarantine."""
        raw = row.raw[:_MAX_RAW_CHARS].replace("\0", "\\u0000").encode("utf-8", errors="backslashreplace").decode("utf-8")
        self._quarantined.append(QuarantinedRow(self._source, row.line_number, reason, raw))

    def loaded(self) -> LoadedProblems:
        """Return all that was read. Of a statement with two answers nobody knows which is right, so its first row goes too."""
        for identity, line_number in self._other_answer_lines.items():
            row, problem = self._first_rows.pop(identity)
            answer = _short(problem.answer)
            self.refuse(row, f"the same question has the answer {answer} here and another on line {line_number}")
        return LoadedProblems(
            problems=tuple(problem for _, problem in self._first_rows.values()),
            quarantined=tuple(sorted(self._quarantined, key=lambda refused: refused.line_number)),
            n_rows=self._n_rows,
            n_duplicates=self._n_duplicates,
            n_known=self._n_known,
        )

    def _compare(self, problem: Problem, answer: str, where: str) -> None:
        if not self._same_answer(answer, problem.answer):
            here, there = _short(problem.answer), _short(answer)
            raise RowError(f"the same question has the answer {here} here and {there} {where}")


def problem_of(row: RawRow, split: Split, source: str) -> Problem:
    """Return the problem that a row in one of the forms above holds. Raises RowError."""
    if row.fault is not None:
        raise RowError(row.fault)
    statement = _statement(row.fields)
    answer = reference_answer(row.fields)
    for text in (statement, answer):
        _check_text(text)
    own_source = row.fields.get("source")
    return Problem(
        problem_id=problem_id(statement),
        statement=statement,
        answer=answer,
        source=own_source.strip() if isinstance(own_source, str) and own_source.strip() else source,
        level=_level(row.fields.get("level")),
        split=split,
    )


def _statement(fields: Mapping[str, Json]) -> str:
    name = next((name for name in _STATEMENT_FIELDS if fields.get(name) is not None), None)
    if name is None:
        raise RowError("no question")
    statement = fields[name]
    if not isinstance(statement, str):
        raise RowError(f"the field {name} is not a text")
    if not statement.strip():
        raise RowError("the question is empty")
    return statement.strip()


def _level(value: Json) -> int | None:
    if value is None or (isinstance(value, str) and value.strip().lower() in _UNKNOWN_LEVELS):
        return None
    match = _LEVEL.fullmatch(str(value).strip())
    if match is None:
        raise RowError(f"the level {_short(str(value))} is not a whole number")
    return int(match.group(1))


def _check_text(text: str) -> None:
    """Refuse what would break the prefix format or the encoding further on."""
    marker = next((marker for marker in (*MARKERS, ASSISTANT.strip()) if marker in text), None)
    if marker is not None:
        raise RowError(f"the text contains {_short(marker)}, which the step format reserves")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise RowError("the text contains a NUL or half of a surrogate pair")


def _short(text: str) -> str:
    return f"'{text}'" if len(text) <= 60 else f"'{text[:57]}...'"
