"""Find the reference answer in an input row, and tell answers apart."""

import ast
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tasks.grading.reading.lexing.boxed import boxed_answer
from tasks.problems.doubts import Doubt, is_placeholder, is_prose
from tasks.problems.fields import ANSWERS, CORRECT_OPTIONS, SOLUTIONS, first_field, is_empty, value_at
from tasks.problems.rows import Json, RowError
from tasks.problems.statements import Option, answered

_MARK: Final = "####"
_GROUPED_NUMBER: Final = re.compile(r"[-+]?\$?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_SPELLINGS: Final = {r"\dfrac": r"\frac", r"\tfrac": r"\frac", r"\left": "", r"\right": "", r"\!": "", r"\$": "", "$": ""}
_BOX: Final = re.compile(r"\\f?box(?:ed)?(?![a-zA-Z])")
_NAMED: Final = re.compile(r"(?:\banswer\s*(?:is|:|=)|答案(?:是|为|：|:))\s*:?[ \t]*([^\n]{1,200})\s*\Z", re.IGNORECASE)
_BARE: Final = re.compile(r"\$?[-+]?\d[\d,]*(?:\.\d+)?(?:/\d+)?\s*%?\$?")
_PRINTED_LIST: Final = re.compile(r"\[\s*(['\"]).*\1\s*\]", re.DOTALL)
_SEVERAL: Final = re.compile(r"(?:^|[;,\s])\(?(?:2|b|ii)\)\s*\S")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference answer as a row gives it. is_several: it holds several answers; doubts: why it may be none."""

    answer: str
    is_several: bool = False
    doubts: tuple[Doubt, ...] = ()


def reference_of(fields: Mapping[str, Json], options: tuple[Option, ...] = ()) -> Reference:
    r"""Return the reference answer of a row: what follows `####`, is boxed, or stands in an answer's field; else a solution's.

    Thousands separators go from a number after `####` only: elsewhere 1,000 may be two numbers. Raises RowError without one.
    """
    name, value = first_field(fields, CORRECT_OPTIONS if options else ANSWERS)
    if is_empty(value):
        return _of_solutions(fields)
    if isinstance(value, list) and len(value) > 1 and value_at(fields, "is_multiple_answer") is True:
        return Reference(", ".join(_final(_text(name, element)) for element in value), is_several=True)
    text = _text(name, value)
    if _PRINTED_LIST.fullmatch(text) and (elements := _elements(text)):
        doubt = Doubt("list_in_text", f"the answer {short(text)} is a list that was printed into a text")
        return Reference(", ".join(map(_final, elements)), len(elements) > 1, (doubt,))
    answer = _final(text)
    if options and (number := _index(answer, options)) is not None:
        doubt = Doubt("choice_index", f"the answer {short(answer)} may count the options from 0 or from 1")
        return Reference(options[min(number, len(options) - 1)].label, doubts=(doubt,))
    return Reference(answer, _n_boxes(text) > 1 or _SEVERAL.search(answer) is not None, _doubts(answer))


def same_spelling(answer: str, other: str) -> bool:
    """Return whether two answers are the same up to spacing, dollar signs, thousands separators and LaTeX's sizes."""
    return _spelling(answer) == _spelling(other)


def short(text: str) -> str:
    """Return a text in quotes, cut to 60 characters, for a reason."""
    return f"'{text}'" if len(text) <= 60 else f"'{text[:57]}...'"


def _of_solutions(fields: Mapping[str, Json]) -> Reference:
    for name in SOLUTIONS:
        value = value_at(fields, name)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        text = answered(value) if isinstance(value, list) else value.strip() if isinstance(value, str) else ""
        if _MARK in text or _BOX.search(text) or _NAMED.search(text) or _BARE.fullmatch(text):
            answer = _final(text)
            return Reference(answer, _n_boxes(text) > 1 and "," in answer, _doubts(answer))
    raise RowError("no answer")


def _final(text: str) -> str:
    """Return the final answer of a text: all of it where nothing is marked. Raises RowError for a mark without an answer."""
    named = _NAMED.search(text)
    if _MARK in text:
        text = _after_mark(text)
        if not text:
            raise RowError(f"no answer after {_MARK}")
    elif _BOX.search(text):
        text = boxed_answer(text) or ""
        if not text:
            raise RowError("no answer: a box is empty or never closes")
    elif named is not None:
        text = named[1].strip().removesuffix(".").strip()
    is_one_formula = len(text) > 2 and text[0] == text[-1] == "$" and "$" not in text[1:-1]
    return text[1:-1].strip() if is_one_formula else text


def _doubts(answer: str) -> tuple[Doubt, ...]:
    if is_placeholder(answer):
        return (Doubt("placeholder", f"the answer {short(answer)} stands for none"),)
    if is_prose(answer):
        return (Doubt("prose", f"the answer {short(answer)} is sentences without a final answer"),)
    return ()


def _text(name: str, value: Json) -> str:
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        raise RowError(f"the field {name} is a list of {len(value)}, so which of them counts is not known")
    if value is None or isinstance(value, bool | dict):
        raise RowError(f"the field {name} is neither a text nor a number")
    if not math.isfinite(value):
        raise RowError(f"the field {name} is not a finite number")
    return str(int(value)) if value == int(value) else repr(value)


def _elements(text: str) -> list[str]:
    """Return the elements of a list of texts and numbers as JSON or Python prints it, none where it is no such list."""
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(text)
        except (ValueError, SyntaxError, RecursionError):
            continue
        if isinstance(found, list) and all(isinstance(element, str | int | float) for element in found):
            return [str(element).strip() for element in found]
    return []


def _index(answer: str, options: tuple[Option, ...]) -> int | None:
    """Return the number that an answer is, where it may count the options and is not the label of one."""
    is_label = any(option.label == answer for option in options)
    return int(answer) if answer.isdecimal() and not is_label and int(answer) <= len(options) else None


def _n_boxes(text: str) -> int:
    return len(_BOX.findall(text))


def _after_mark(solution: str) -> str:
    answer = solution.rsplit(_MARK, 1)[1].strip().partition("\n")[0].strip()
    return answer.replace(",", "") if _GROUPED_NUMBER.fullmatch(answer) else answer


def _spelling(answer: str) -> str:
    for long, spelled in _SPELLINGS.items():
        answer = answer.replace(long, spelled)
    answer = "".join(answer.split())
    return answer.replace(",", "") if _GROUPED_NUMBER.fullmatch(answer) else answer
