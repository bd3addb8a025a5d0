"""`stargrove grade`: does each answer of a file equal its reference, and how both were read."""

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from flows.cli.options import DEFAULT_PROFILE, FileOption, ProfileOption, SetOption
from warehouse.errors import BadInput

NAME = "grade"
_LINES_AT_ONCE: Final = 1_000
"""Graded together, so that memory does not grow with the file."""


def command(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help='JSON Lines of {"answer": .., "reference": ..}, or - for stdin.')
    ],
    explain: Annotated[bool, typer.Option("--explain", help="Say in a sentence why each verdict is what it is.")] = False,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Print a line of JSON for each line of FILE: verdict, method, version, and the reading of both sides.

    The policy is in the settings: --set grading.decimals=exact, and percent, order, repeated and units alike.
    """
    from flows.settings import load
    from tasks.grading.explain import explained
    from tasks.grading.grader import grade_all, open_grader

    settings = load(profile, file, set_ or []).grading
    lines = sys.stdin if str(path) == "-" else _opened(path)
    grader = open_grader(settings)
    try:
        pairs = _pairs(lines, path)
        while chunk := list(islice(pairs, _LINES_AT_ONCE)):
            for pair, grade in zip(chunk, grade_all(chunk, grader), strict=True):
                typer.echo(json.dumps(explained(*pair, grade, with_reason=explain), ensure_ascii=False))
    finally:
        grader.close()


def _opened(path: Path) -> Iterator[str]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from file
    except FileNotFoundError as error:
        raise BadInput(f"no file {path}", hint="give a JSON Lines file, or - for standard input") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as text: {error}", hint="give a JSON Lines file in UTF-8") from error


def _pairs(lines: Any, path: Path) -> Iterator[tuple[str, str]]:
    """Yield answer and reference of each line. A number in place of a text is taken as it is written."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, parse_float=str, parse_int=str)
        except json.JSONDecodeError as error:
            raise BadInput(f"{path}, line {number}: no JSON: {error.msg}", hint=_FORM) from error
        missing = [name for name in ("answer", "reference") if not isinstance(row, dict) or not isinstance(row.get(name), str)]
        if missing:
            raise BadInput(f"{path}, line {number}: no text {' and '.join(map(repr, missing))}", hint=_FORM)
        yield row["answer"], row["reference"]


_FORM: Final = 'each line must be an object like {"answer": "1/2", "reference": "0.5"}'
