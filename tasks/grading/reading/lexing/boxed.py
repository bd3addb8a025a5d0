r"""Find the answer in a text with boxes: \boxed{5}, \boxed 5, \fbox{7}. The one reader of boxes, for all answers.

Several boxes are one answer where nothing but "and", "or", commas and names stand between them; else the last one counts.
A box that never closes is no answer.
"""

import re
from dataclasses import dataclass
from typing import Final

from tasks.grading.reading.lexing.tokens import closing

_BOX = re.compile(r"\\f?boxed(?![a-zA-Z])|\\fbox(?![a-zA-Z])")
_BARE = re.compile(r"\s*(-?\d[\d,]*(?:\.\d+)?|\\[a-zA-Z]+(?=\s*\{)|[^\s\\{}])")
_BETWEEN = re.compile(
    r"(?:\s|\$|\\[()\[\],;!]|\\quad|\\qquad|\\text\s*\{\s*(?:and|or|,)?\s*\}|,|;|、|\band\b|\bor\b|\\\\|[a-zA-Z](?:_\{?\w+\}?)?\s*=)*"
)
_UNFINISHED: Final = -1


@dataclass(frozen=True, slots=True)
class _Box:
    """A box: its content, and where it starts and ends in the text."""

    content: str
    start: int
    end: int


def boxed_answer(text: str) -> str | None:
    r"""Return the answer in the boxes of a text, None where there is no box or the last one never closes or is empty."""
    boxes = _boxes(text)
    if not boxes or boxes[-1].end == _UNFINISHED:
        return None
    joined = [boxes[-1]]
    for box in reversed(boxes[:-1]):
        between = text[box.end : joined[0].start] if box.end != _UNFINISHED else "."
        if not _BETWEEN.fullmatch(between):
            break
        joined.insert(0, box)
    answers = dict.fromkeys(box.content for box in joined if box.content)
    return ", ".join(answers) or None


def _boxes(text: str) -> list[_Box]:
    """Return the outermost boxes of a text in order."""
    found: list[_Box] = []
    position = 0
    while (match := _BOX.search(text, position)) is not None:
        content, end = _content(text, match.end())
        found.append(_Box(content, match.start(), end))
        position = match.end() if end == _UNFINISHED else end
    return found


def _content(text: str, start: int) -> tuple[str, int]:
    """Return what a box holds and where it ends."""
    opening = start + len(text[start:]) - len(text[start:].lstrip())
    if opening < len(text) and text[opening] == "{":
        end = closing(text, opening)
        if end < 0:
            return "", _UNFINISHED
        inner = text[opening + 1 : end].strip()
        nested = boxed_answer(inner) if _BOX.search(inner) else None
        return nested or inner, end + 1
    match = _BARE.match(text, start)
    if match is None:
        return "", _UNFINISHED
    return _with_arguments(text, match)


def _with_arguments(text: str, match: "re.Match[str]") -> tuple[str, int]:
    r"""Return a bare box's content: one number or sign, or a command with its braces (\boxed \frac{1}{2})."""
    content, end = match[1], match.end()
    if content.startswith("\\"):
        while end < len(text) and text[end] == "{" and (close := closing(text, end)) > 0:
            content, end = content + text[end : close + 1], close + 1
    return content.rstrip(","), end
