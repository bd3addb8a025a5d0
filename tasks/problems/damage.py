r"""LaTeX that JSON damaged: `"\boxed{3}"`, written with one backslash, is read as a backspace and oxed{3}.

A control character and the letters behind it are put back as a command where nothing else can be meant: a backspace never means
layout, and no word begins with "ight" or "heta". After a line break or a tab, though, "u" may be a letter on a line of its own,
or what is left of \nu: that is damage where the row has other damage, layout where it has whole commands, and doubtful in a
formula of a row that has neither. Commands with two backslashes have one too many where the text has none with one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from tasks.problems.rows import Json, RawRow

_COMMAND_NAMES: Final = """
    boxed binom beta begin bar bmod bf big bigg bullet bot bigcup bigcap because bigl bigr boldsymbol bm between
    frac forall fbox floor flat frown
    nu neq ne neg nabla not notin ni nmid nparallel nleq ngeq nexists newline ncong nsim
    text theta times to tan tau triangle tfrac tilde top tag textbf textit textrm tanh tbinom therefore triangleq textsf texttt
    right rightarrow rho rangle rfloor rceil rm root rVert rvert rbrace rbrack rightharpoonup rightleftharpoons
    vec vee varphi vert vdots varepsilon vartheta
    alpha angle approx ast arccos arcsin arctan arg aleph
"""
_COMMANDS: Final = frozenset(_COMMAND_NAMES.split())
_OFTEN_OVER_ESCAPED: Final = "frac|dfrac|tfrac|sqrt|boxed|text|cdot|times|pi|theta|left|begin|infty|alpha|beta|pm|leq|geq|le|ge"
_REMNANT: Final = re.compile(r"([\b\f\n\t\r\v\a])([a-zA-Z]+)")
_LETTERS: Final = {"\b": "b", "\f": "f", "\n": "n", "\t": "t", "\r": "r", "\v": "v", "\a": "a"}
_LAYOUT: Final = "\n\t\r"
_MAY_BE_WORDS: Final = frozenset({"u", "e", "i", "o", "m", "an", "au", "mid", "parallel", "exists", "angle", "floor", "brace"})
r"""Remnants of \nu, \ne, \ni, \to, \rm, \tan, \tau, \nmid ... that may begin a line; no other remnant is a word."""
_STRAY: Final = re.compile(r"[\b\f\v\a]")
_COMMAND: Final = re.compile(r"(?<!\\)\\[a-zA-Z]{2,}")
_OVER_ESCAPED: Final = re.compile(rf"\\\\(?=(?:{_OFTEN_OVER_ESCAPED})(?![a-zA-Z]))")
_FORMULA: Final = re.compile(r"\$\$.*?\$\$|\$[^$]*\$|\\\(.*?\\\)|\\\[.*?\\\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mended:
    """A row with its LaTeX put back. is_mended: whether anything was; doubt: what could not be told, None where all could."""

    row: RawRow
    is_mended: bool
    doubt: str | None


def mended(row: RawRow) -> Mended:
    """Return the row with its damaged commands put back."""
    texts = list(_texts(row.fields))
    is_damaged = row.is_mended or any(_is_surely_damaged(match) for text in texts for match in _REMNANT.finditer(text))
    is_whole = not is_damaged and any(_COMMAND.search(text) for text in texts)

    def put_back(text: str) -> str:
        return _single(text if is_whole else _put_back(text, everywhere=is_damaged))

    fields = {name: _mapped(value, put_back) for name, value in row.fields.items()}
    new = replace(row, fields=fields)
    return Mended(new, row.is_mended or fields != row.fields, _doubt(fields, may_be_layout=is_whole))


def _is_surely_damaged(match: re.Match[str]) -> bool:
    return _is_command(match) and (match[1] not in _LAYOUT or match[2] not in _MAY_BE_WORDS)


def _is_command(match: re.Match[str]) -> bool:
    return _LETTERS[match[1]] + match[2] in _COMMANDS


def _put_back(text: str, *, everywhere: bool) -> str:
    """Return a text with the commands that damage left remnants of; everywhere: also where a remnant may be a word."""

    def command(match: re.Match[str]) -> str:
        # No text begins with a line break for layout.
        is_damage = _is_surely_damaged(match) or everywhere or match.start() == 0
        return f"\\{_LETTERS[match[1]]}{match[2]}" if _is_command(match) and is_damage else match[0]

    return _REMNANT.sub(command, text)


def _single(text: str) -> str:
    """Return a text whose commands all have two backslashes with one. A line break before a command keeps its two."""
    return text if _COMMAND.search(text) else _OVER_ESCAPED.sub(r"\\", text)


def _doubt(fields: dict[str, Json], *, may_be_layout: bool) -> str | None:
    """Return what cannot be told about the texts of a row, None where nothing is left to doubt."""
    for text in _texts(fields):
        stray = _STRAY.search(text)
        if stray is not None:
            return f"the control character 0x{ord(stray[0]):02x} stands for no LaTeX command that is known"
        if may_be_layout:
            continue
        for formula in _FORMULA.findall(text):
            match = next((match for match in _REMNANT.finditer(formula) if _is_command(match)), None)
            if match is not None:
                return f"in a formula, {match[0]!r} may be a line break or what is left of \\{_LETTERS[match[1]]}{match[2]}"
    return None


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _mapped(value: Json, change: Callable[[str], str]) -> Json:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: _mapped(inner, change) for name, inner in value.items()}
    return [_mapped(inner, change) for inner in value] if isinstance(value, list) else value
