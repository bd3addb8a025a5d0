"""From what a prompted model writes to the published step format, and a word for each thing that had to be mended. Pure.

marker   the end of a step, of the program or of the answer was not marked
cut      the token limit fell into a step; the whole steps before it are kept
fence    Markdown fences around the code
prose    sentences between the code, which became comments
split    several steps written as one, or a whole solution
run_on   text after the end of the program or of the answer
answer   no boxed answer: the sentence is written around what the program printed
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from models.engines.base import Candidate
from tasks.grading.reading.lexing.boxed import boxed_answer
from tasks.search.format import (
    ANSWER,
    CODE,
    END_OF_ANSWER,
    END_OF_CODE,
    END_OF_OUTPUT,
    END_OF_STEP,
    OUTPUT,
)

Repair = Literal["marker", "cut", "fence", "prose", "split", "run_on", "answer"]

MAX_BLOCKS: Final = 2
"""Comments with code below them that one step may hold. More are a solution written as one step."""

_FENCE: Final = re.compile(r"^\s*```[\w+-]*\s*$")
_SENTENCE: Final = re.compile(r"^(?:\d+[.)]|[-*]|[A-Z])[^=\[\]{}]*\s[^=\[\]{}]*$")
"""A line that reads as prose: a capital, a bullet or a number, then words, and nothing that assigns or indexes."""


@dataclass(frozen=True, slots=True)
class _Code:
    """Lines of code on their way. is_over: the model wrote on as if the program had ended."""

    text: str
    is_over: bool
    repairs: tuple[Repair, ...] = ()


def mended_step(candidate: Candidate, foreign_stops: Sequence[str], *, ended: bool) -> Candidate:
    """Return a candidate for the next step as the step format has it. `ended`: the model stopped by itself."""
    body, mark = _taken_apart(candidate.text, (END_OF_STEP, END_OF_CODE))
    code = _cleaned(body, foreign_stops)
    if mark is None and not (code.is_over or ended):
        return _mended_cut(candidate, code)
    blocks = _blocks(code.text)
    if len(blocks) > MAX_BLOCKS:
        return _whole(candidate, blocks[0], END_OF_STEP, (*code.repairs, "split"))
    if mark is not None:
        return _whole(candidate, code.text, mark, code.repairs)
    return _whole(candidate, code.text, _ending_of(code.text), (*code.repairs, "marker"))


def mended_program(candidate: Candidate, foreign_stops: Sequence[str], *, ended: bool) -> Candidate:
    """Return a candidate for a whole program as the step format has it: steps that end in marks, the last in <end_of_code>."""
    body, mark = _taken_apart(candidate.text, (END_OF_CODE,))
    steps: list[str] = []
    repairs: list[Repair] = []
    is_over = mark is not None or ended
    for part in body.split(END_OF_STEP):
        code = _cleaned(part, foreign_stops)
        repairs += code.repairs
        blocks = _blocks(code.text)
        if len(blocks) > MAX_BLOCKS:
            repairs.append("split")
            steps += blocks
        elif code.text:
            steps.append(code.text)
        if code.is_over:
            is_over = True
            break
    if not is_over or not steps:
        return candidate
    if mark is None:
        repairs.append("marker")
    marked = "".join(f"\n{step}\n{END_OF_STEP}" for step in steps[:-1]) + f"\n{steps[-1]}\n{END_OF_CODE}"
    return replace(candidate, text=marked, finish="stop", repairs=tuple(dict.fromkeys(repairs)))


def mended_answer(candidate: Candidate, prefix: str, foreign_stops: Sequence[str]) -> Candidate:
    """Return a candidate for the answer, boxed; where the model boxed nothing, what the program printed last is boxed."""
    body, mark = _taken_apart(candidate.text, (END_OF_ANSWER,))
    body = _before_any(body, foreign_stops)
    words = body.replace(ANSWER, "").strip()
    repairs: list[Repair] = [] if mark is not None else ["marker"]
    if boxed_answer(words) is None:
        printed = prefix.rpartition(OUTPUT)[2].partition(END_OF_OUTPUT)[0].strip()
        if not printed:
            return candidate
        words = rf"The answer is \boxed{{{printed.splitlines()[-1].strip()}}}."
        repairs = ["answer"]
    elif mark is None and "\n" in words:
        words = _through_the_box(words)
        repairs.append("run_on")
    return replace(candidate, text=f"\n{ANSWER}{words}{END_OF_ANSWER}", finish="stop", repairs=tuple(repairs))


def _mended_cut(candidate: Candidate, code: _Code) -> Candidate:
    """Return the first whole step of a text that the token limit cut; where none is whole, the candidate as it is."""
    blocks = _blocks(code.text)
    if len(blocks) == 1:
        return candidate
    return _whole(candidate, blocks[0], END_OF_STEP, (*code.repairs, "marker", "cut"))


def _whole(candidate: Candidate, code: str, mark: str, repairs: Sequence[Repair]) -> Candidate:
    text = f"\n{code}\n{mark}" if code else f"\n{mark}"
    return replace(candidate, text=text, finish="stop", repairs=tuple(dict.fromkeys(repairs)))


def _ending_of(code: str) -> str:
    """Return the mark of a step after which the model ended its turn: of the program where it printed or wrote nothing."""
    return END_OF_CODE if not code or "print(" in code else END_OF_STEP


def _taken_apart(text: str, marks: Sequence[str]) -> tuple[str, str | None]:
    """Return the text before the first of the marks, and that mark; None where the text holds none."""
    found = [(position, mark) for mark in marks if (position := text.find(mark)) >= 0]
    if not found:
        return text, None
    position, mark = min(found)
    return text[:position], mark


def _before_any(text: str, stops: Sequence[str]) -> str:
    return _taken_apart(text, stops)[0]


def _cleaned(text: str, foreign_stops: Sequence[str]) -> _Code:
    """Return the code of a step without what does not belong to it."""
    before, stop = _taken_apart(text, (*foreign_stops, OUTPUT, ANSWER))
    repairs: list[Repair] = []
    lines: list[str] = []
    is_over = stop is not None
    for line in before.replace(CODE, "").splitlines():
        if _FENCE.match(line):
            repairs.append("fence")
            if any(kept.strip() for kept in lines):
                is_over = True
                break
        else:
            lines.append(line.rstrip())
    code = "\n".join(lines).strip("\n")
    commented = _with_prose_commented(code)
    if commented != code:
        repairs.append("prose")
    return _Code(commented, is_over, tuple(dict.fromkeys(repairs)))


def _with_prose_commented(code: str) -> str:
    """Return code that is no Python because of sentences in it with those as comments; else the code as it is."""
    if _parses(code):
        return code
    commented = "\n".join(f"# {line}" if _SENTENCE.match(line) and not _parses(line) else line for line in code.split("\n"))
    return commented if _parses(commented) else code


def _parses(code: str) -> bool:
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _blocks(code: str) -> list[str]:
    """Return the parts of a text that begin with a comment below code; the whole where a part alone is no Python."""
    parts: list[list[str]] = [[]]
    for line in code.split("\n"):
        has_code = any(kept.strip() and not kept.startswith("#") for kept in parts[-1])
        if line.startswith("#") and has_code:
            parts.append([])
        parts[-1].append(line)
    blocks = ["\n".join(part).strip("\n") for part in parts]
    return blocks if all(map(_parses, blocks[:-1])) else [code]


def _through_the_box(words: str) -> str:
    """Return the words up to the end of the line with the first box."""
    kept: list[str] = []
    for line in words.split("\n"):
        kept.append(line)
        if boxed_answer(line) is not None:
            break
    return "\n".join(kept).strip()
