"""Worked examples of the step format: the shipped sets, and a user's own file in the same form."""

from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.grading.reading.lexing.boxed import boxed_answer
from tasks.search.format import ANSWER, END_OF_ANSWER, END_OF_CODE, END_OF_OUTPUT, END_OF_STEP, OUTPUT
from warehouse.errors import BadInput

SHIPPED: Final = ("word-problems", "competition")
"""Written for this project, under its licence: grade-school problems in plain Python, competition mathematics with sympy."""

_FORM: Final = (
    "each line is a JSON object with statement and solution, the solution as the shipped sets and SFT examples have it"
)


class WorkedExample(BaseModel):
    """A problem and its solution as a completion of the step format: from behind <code> to <end_of_answer>."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    statement: str
    solution: str


def worked_examples(name: str) -> tuple[WorkedExample, ...]:
    """Return a shipped set by its name, or the examples of a file. Raises BadInput that names the line at fault."""
    if name in SHIPPED:
        with as_file(files("tasks.bootstrap") / "examples" / f"{name}.jsonl") as path:
            return _read(path)
    return _read(Path(name))


def _read(path: Path) -> tuple[WorkedExample, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(
            f"no worked examples in {path}: {error}", hint=f"name a file, or one of {', '.join(SHIPPED)}: {_FORM}"
        ) from error
    examples = tuple(_example(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1) if line.strip())
    if not examples:
        raise BadInput(f"{path} holds no worked example", hint=_FORM)
    return examples


def _example(line: str, where: str) -> WorkedExample:
    try:
        example = WorkedExample.model_validate_json(line)
    except ValidationError as error:
        raise BadInput(f"{where}: {error.errors()[0]['msg']}", hint=_FORM) from error
    missing = _missing_mark(example.solution)
    if missing is not None:
        raise BadInput(f"{where}: the solution lacks {missing}", hint=_FORM)
    return example


def _missing_mark(solution: str) -> str | None:
    """Return what a solution lacks of the format, the marks taken in their order; None where it is whole."""
    position = 0
    for mark in (END_OF_STEP, END_OF_CODE, OUTPUT, END_OF_OUTPUT, ANSWER, END_OF_ANSWER):
        found = solution.find(mark, position)
        if found < 0:
            return mark
        position = found + len(mark)
    return None if boxed_answer(solution) is not None else r"\boxed{}"
