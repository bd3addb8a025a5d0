r"""Split an answer into tokens. White space and styling go; every sign that carries meaning becomes a token.

number   digits, with decimals, grouped thousands and exponents written out: 1,234.5 and 1.2e-05 are one token each
word     letters in a row; `prose` where they stood in \text{..}
command  \frac, \cdot, \begin{pmatrix}, ... in one spelling each
symbol   any other character
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from tasks.grading.reading.lexing.characters import as_latex
from tasks.grading.reading.lexing.commands import ALIASES, GAPS, STYLES, TEXT_COMMANDS, split_glued_command

Kind = Literal["number", "word", "command", "symbol"]


@dataclass(frozen=True, slots=True)
class Token:
    """One token. gap: 0 where it touches the one before, 1 after white space, 2 after a line break or a wide space."""

    kind: Kind
    text: str
    gap: int = 0
    prose: bool = False


class Unreadable(ValueError):
    """Braces that never close. Never leaves this package: what is unreadable is text."""


_ESCAPES: Final = {"\t": r"\t", "\f": r"\f", "\x08": r"\b"}
_ESCAPED = re.compile("\t(?=frac|ext|imes|heta|an)|\f(?=rac)|\x08(?=inom|eta|egin)")
"""What Python makes of "\\tfrac", "\\frac" and "\\binom" where somebody forgot the r of r"..."."""

_NUMBER = re.compile(
    r"(?:(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?![\d,]|\.\d+\.)|\d+)(?:\.\d+|\.(?![\d\w]))?(?:[eE](?:[+-]\d\d+|\+?\d+)(?![\w.]))?"
    r"|\.\d+(?:[eE](?:[+-]\d\d+|\+?\d+)(?![\w.]))?"
)
_SHORT_EXPONENT = re.compile(r"-?\d+(?:\.\d+)?[eE]-\d")
_TOKEN = re.compile(r"\\begin\s*\{[a-zA-Z*]+\}|\\end\s*\{[a-zA-Z*]+\}|\\[a-zA-Z]+|\\.|[A-Za-z]+|[^\W\d_A-Za-z]+|.", re.DOTALL)
_THOUSANDS: Final = (
    re.compile(r"(?<=\d)\s*(?:,\s*\\!|\{\s*,\s*(?:\\!)?\s*\})\s*(?=\d{3}(?!\d))"),
    re.compile(r"(?<![\d.])(\d{1,3})((?:\\[,;:! ]\s*\d{3})+)(?![\d.])"),
    re.compile(r"^(-?[1-9]\d{0,2})((?:\s\d{3})+)$"),
)
_ROW_GAP = re.compile(r"\\\\\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in|px)\s*\]")
_ESCAPED_TWICE = re.compile(r"\\\\(?=[a-zA-Z]{2})|\\\\(?=[{}%$,;!()\[\]](?!\d*\s*pt))")
_PERCENT = re.compile(r"(?<!\\)%")
_COLUMNS = re.compile(r"(\\begin\s*\{(?:array|tabular)\})\s*(?:\[[a-z]\]\s*)?\{[^{}]*\}")
_LEFT_RIGHT = re.compile(r"\\(?:left|right|middle)(?![a-zA-Z])\s*\.?|\\[bB]igg?[lrm]?(?![a-zA-Z])\s*\.?")
_OPEN_SYSTEM = re.compile(r"(?:\\left\s*)?(?:\\\{|\\lbrace)(?=.*\\right\s*\.)", re.DOTALL)
_OPENING, _CLOSING = re.compile(r"(?<!\\)\\(?:\{|lbrace)"), re.compile(r"(?<!\\)\\(?:\}|rbrace)")
"""The brace of a system, \\left\\{ ... \\right. , opens no set."""
_OPERATORS: Final = (
    (re.compile(r"(?<![\w)!])!=|(?<=\s)!="), r"\\ne "), (re.compile(r"<=|=<(?!=)"), r"\\le "), (re.compile(r">="), r"\\ge "),
    (re.compile(r":=|=="), "="), (re.compile(r"->"), r"\\to "), (re.compile(r"\*\*"), "^"),
)  # fmt: skip
_DERIVATIVE = re.compile(
    r"\\[dt]?frac\s*\{\s*d([a-zA-Z])\s*\}\s*\{\s*d[a-z]\s*\}|(?<![a-zA-Z\\])d([a-zA-Z])/d[a-z](?![a-zA-Z])"
)
_REPEATING = re.compile(r"(\d+\.\d*)\((\d+)\)(?!\d)")
_DROPPED_WITH_ARGUMENT = re.compile(r"\\(?:phantom|hspace|vspace|color|label|tag)\*?\s*\{[^{}]*\}")
_NESTING: Final = {"(": 1, "[": 1, r"\{": 1, ")": -1, "]": -1, r"\}": -1}
_MAX_DEPTH: Final = 40


def tokens(text: str) -> tuple[Token, ...]:
    r"""Return the tokens of an answer. Raises Unreadable where a \text{ never closes."""
    found: list[Token] = []
    _scan(_prepared(text), found, prose=False, depth=0)
    return tuple(_with_thousands(found))


def unescaped(text: str) -> str:
    r"""Return the text with a tab before `frac` as the command \tfrac that it was, and the like."""
    return _ESCAPED.sub(lambda match: _ESCAPES[match[0]], text)


def _prepared(text: str) -> str:
    """Return the text with other people's ways of escaping and grouping undone."""
    text = _PERCENT.sub(r"\\%", as_latex(text))
    if "\\" in text:
        if r"\\begin" in text:
            text = text.replace("\\\\", "\\")
        text = _ROW_GAP.sub(r"\\\\ ", text)
        if r"\begin" not in text:
            text = _ESCAPED_TWICE.sub(r"\\", text)
        if _OPEN_SYSTEM.search(text) and len(_OPENING.findall(text)) > len(_CLOSING.findall(text)):
            text = _OPEN_SYSTEM.sub(" ", text, count=1)
        text = _COLUMNS.sub(r"\1", _DROPPED_WITH_ARGUMENT.sub(" ", _LEFT_RIGHT.sub("", text)))
    if _SHORT_EXPONENT.fullmatch(text.strip()):
        text = re.sub(r"[eE]-", "e-0", text)
    for pattern in _THOUSANDS:
        text = pattern.sub(lambda match: match[1] + re.sub(r"\D", "", match[2]) if match.lastindex else "", text)
    text = _DERIVATIVE.sub(lambda match: f"{match[1] or match[2]}'", text)
    for pattern, operator in _OPERATORS:
        text = pattern.sub(operator, text)
    return _REPEATING.sub(r"\1\\overline{\2}", text)


def closing(text: str, start: int) -> int:
    r"""Return where the group that opens at `start` closes, -1 where it does not; `\{` and `\}` are not groups."""
    depth = 0
    position = start
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 2
            continue
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return position
        position += 1
    return -1


def _scan(text: str, found: list[Token], *, prose: bool, depth: int, gap: int = 0) -> int:
    """Append the tokens of a text; return the gap that follows the last one."""
    if depth > _MAX_DEPTH:
        raise Unreadable("nested too deeply")
    position = 0
    while position < len(text):
        match = _NUMBER.match(text, position)
        if match is not None:
            found.append(Token("number", match[0], gap, prose))
            position, gap = match.end(), 0
            continue
        match = _TOKEN.match(text, position)
        assert match is not None  # the pattern ends in "any character"
        word, position = match[0], match.end()
        if word.isspace() or word == "~":
            gap = max(gap, 2 if word == "\n" and not prose else 1)
        elif word.startswith("\\"):
            gap, position = _command(word, text, position, found, prose=prose, depth=depth, gap=gap)
        elif word.isalpha():
            found.append(Token("word", word, gap, prose))
            gap = 0
        else:
            found.append(Token("symbol", word, gap, prose))
            gap = 0
    return gap


def _command(word: str, text: str, position: int, found: list[Token], *, prose: bool, depth: int, gap: int) -> tuple[int, int]:
    """Append what a command stands for; return the gap after it and where the text goes on."""
    word = re.sub(r"\s+", "", word) if len(word) > 2 else word
    word = ALIASES.get(word, word)
    if word in GAPS:
        return max(gap, GAPS[word]), position
    if word in STYLES:
        return gap, position
    if word in TEXT_COMMANDS:
        return _text(word, text, position, found, prose=prose, depth=depth, gap=gap)
    if len(word) > 2 and word[1:].isalpha():
        word, *glued = split_glued_command(word)
        word = ALIASES.get(word, word)
        if word in GAPS or word in STYLES:
            return _scan("".join(glued), found, prose=prose, depth=depth + 1, gap=max(gap, GAPS.get(word, 0))), position
        if word in TEXT_COMMANDS and glued:
            raise Unreadable(word)
        found.append(Token("command", word, gap))
        return _scan("".join(glued), found, prose=prose, depth=depth + 1), position
    found.append(Token("command", word, gap) if word[1:].isalpha() or word == "\\\\" else Token("symbol", word, gap))
    return 0, position


def _text(word: str, text: str, position: int, found: list[Token], *, prose: bool, depth: int, gap: int) -> tuple[int, int]:
    r"""Append the tokens inside of \text{..}; \operatorname{name} is the command \name."""
    rest = text[position:]
    start = position + len(rest) - len(rest.lstrip())
    if start >= len(text) or text[start] != "{":
        return gap, position  # \bf and the like, or a single letter: \mathbf x
    end = closing(text, start)
    if end < 0:
        raise Unreadable(f"{word} never closes")
    inner = text[start + 1 : end]
    name = inner.strip().strip("~")
    if name == inner and f"\\{name}" in TEXT_COMMANDS[word]:
        found.append(Token("command", ALIASES.get(f"\\{name}", f"\\{name}"), gap))
        return 0, end + 1
    begin = len(found)
    after = _scan(inner.replace("$", ""), found, prose=True, depth=depth + 1, gap=gap)
    if len(found) > begin and word == r"\mathbf" and len(name) == 1 and name in "ijk":
        found[begin] = replace(found[begin], text=f"vec{name}", prose=False)
    return after, end + 1


def _with_thousands(found: list[Token]) -> list[Token]:
    """Return the tokens with grouped thousands as one number; inside brackets 1,234 is two numbers, but 1,000 is one."""
    done: list[Token] = []
    depth = 0
    for token in found:
        depth += _NESTING.get(token.text, 0) if token.kind == "symbol" else 0
        if token.kind != "number" or "," not in token.text:
            done.append(token)
            continue
        groups = token.text.split(",")
        if depth <= 0 or any(group[0] == "0" for group in groups[1:]):
            done.append(replace(token, text=token.text.replace(",", "")))
            continue
        for index, group in enumerate(groups):
            done.append(Token("number", group, token.gap if index == 0 else 0, token.prose))
            if index < len(groups) - 1:
                done.append(Token("symbol", ",", 0, token.prose))
    return done


def written(parts: Sequence[Token]) -> str:
    """Return tokens as text, with a space where there was one or where letters would run together."""
    text = ""
    for token in parts:
        apart = token.gap or (text[-1:].isalpha() and token.text[0].isalpha() and text)
        text += f" {token.text}" if text and apart else token.text
    return text
