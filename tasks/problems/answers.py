"""Find the reference answer in an input row, and tell answers apart."""

import math
import re
from typing import Final

from tasks.grading.reading.boxed import boxed_answer
from tasks.problems.readers import Json

_MARK: Final = "####"
_GROUPED_NUMBER: Final = re.compile(r"[-+]?\$?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SPELLINGS: Final = {r"\dfrac": r"\frac", r"\tfrac": r"\frac", r"\left": "", r"\right": "", r"\!": "", r"\$": "", "$": ""}


class RowError(ValueError):
    """A row cannot become a problem; the message is the reason that quarantine shows."""


def reference_answer(fields: dict[str, Json]) -> str:
    """Return the reference answer of a row: what follows `####`, or the answer as it stands, or a solution's last \\boxed{}.

    Thousands separators go from a number after `####` only: elsewhere 1,000 may be two numbers. Raises RowError without one.
    """
    answer = _text(fields, "answer")
    if _MARK in answer:
        answer = _after_mark(answer)
        if not answer:
            raise RowError(f"no answer after {_MARK}")
    answer = answer or boxed_answer(_text(fields, "solution")) or ""
    if not answer:
        raise RowError("no answer")
    return answer


def same_spelling(answer: str, other: str) -> bool:
    """Return whether two answers are the same up to spacing, dollar signs, thousands separators and LaTeX's sizes."""
    return _spelling(answer) == _spelling(other)


def _text(fields: dict[str, Json], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        raise RowError(f"the field {name} is a list of {len(value)}, so which of them counts is not known")
    if isinstance(value, bool | dict):
        raise RowError(f"the field {name} is neither a text nor a number")
    if not math.isfinite(value):
        raise RowError(f"the field {name} is not a finite number")
    return str(int(value)) if value == int(value) else repr(value)


def _after_mark(solution: str) -> str:
    answer = solution.rsplit(_MARK, 1)[1].strip()
    return answer.replace(",", "") if _GROUPED_NUMBER.fullmatch(answer) else answer


def _spelling(answer: str) -> str:
    for long, short in _SPELLINGS.items():
        answer = answer.replace(long, short)
    answer = "".join(answer.split())
    return answer.replace(",", "") if _GROUPED_NUMBER.fullmatch(answer) else answer
