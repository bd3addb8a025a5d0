"""Turn problem files into problems: rows in, problems and quarantined rows out, none lost on the way."""

from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Final

from tasks.problems.answers import same_spelling
from tasks.problems.fields import described
from tasks.problems.intake import Intake, LoadedProblems, ReadRow, SameAnswer
from tasks.problems.options import RECOGNISE, ReadingOptions
from tasks.problems.readers import read_rows
from tasks.problems.reading import problem_of
from tasks.problems.rows import RawRow
from warehouse.errors import BadInput
from warehouse.records import Split

_NOTHING: Final[Mapping[str, str]] = {}


def load_problems(
    path: Path,
    split: Split,
    source: str,
    *,
    read: ReadRow = problem_of,
    known: Mapping[str, str] = _NOTHING,
    taken_over: Container[str] = (),
    same_answer: SameAnswer = same_spelling,
    options: ReadingOptions = RECOGNISE,
) -> LoadedProblems:
    """Return the problems of a file or folder with what was refused and why.

    known: the answers of the problems already in the warehouse by problem id; those taken_over count as new where the answer
    is the same. Raises BadInput when the file cannot be read or no row of it is a problem.
    """
    intake = Intake(split, source, read, known, taken_over, same_answer, options)
    first_fields = ""
    for row in read_rows(path, split):
        first_fields = first_fields or (described(row.fields) if row.fields else "")
        intake.take(row)
    loaded = intake.loaded()
    hint = "give rows with the fields question and answer, or name others with --question-field and --answer-field"
    if loaded.n_rows == 0:
        raise BadInput(f"problem file {path} has no rows", hint=hint)
    if not loaded.problems and not loaded.n_known:
        first = loaded.quarantined[0]
        found = f"none of its {loaded.n_rows} rows; line {first.line_number}: {first.reason}"
        fields = f"; {first_fields}" if first_fields and "fields found" not in first.reason else ""
        raise BadInput(f"problem file {path} has no usable problem: {found}{fields}", hint=hint)
    return loaded


def problems_of(
    rows: Iterable[RawRow],
    split: Split,
    source: str,
    *,
    read: ReadRow = problem_of,
    known: Mapping[str, str] = _NOTHING,
    taken_over: Container[str] = (),
    same_answer: SameAnswer = same_spelling,
    options: ReadingOptions = RECOGNISE,
) -> LoadedProblems:
    """Return the problems among the rows, in their order; a statement with two different answers is quarantined as a whole."""
    intake = Intake(split, source, read, known, taken_over, same_answer, options)
    for row in rows:
        intake.take(row)
    return intake.loaded()
