"""Words inside of formulas: names of functions as people and Python write them, and letters in a row that are a product."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tasks.grading.reading.lexing.commands import FUNCTIONS, GREEK
from tasks.grading.reading.lexing.cursor import NotFormula
from tasks.grading.reading.lexing.tokens import Token
from tasks.grading.reading.quantities.words import FUNCTION_WORDS, MEANINGFUL


@dataclass(frozen=True, slots=True)
class Habit:
    """How an author writes: what single letters mean, and how the ambiguous places are meant."""

    constants: dict[str, str] = field(default_factory=lambda: {"e": "e", "i": "i"})
    is_python: bool = False
    tight_quotients: bool = False
    decimal_logs: bool = False


FUNCTION_NAMES: Final = {f"\\{name}": name for name in FUNCTIONS if name not in ("det", "deg", "arg")} | {
    r"\root": "root", r"\cbrt": "cbrt", r"\abs": "abs", r"\binomial": "binomial", r"\factorial": "factorial",
    r"\floor": "floor", r"\ceil": "ceil",
    r"\power": "sqrt", r"\conj": "conj",
}  # fmt: skip
"""Commands that are functions, with the name of their meaning."""
del FUNCTION_NAMES[r"\power"]

_PYTHON_NAMES: Final = {
    "sqrt": r"\sqrt", "Abs": r"\abs", "abs": r"\abs", "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan",
    "asinh": r"\arcsinh",
    "acosh": r"\arccosh", "atanh": r"\arctanh", "pi": r"\pi", "oo": r"\infty", "inf": r"\infty", "infinity": r"\infty",
    "zoo": r"\infty",
    "cbrt": r"\cbrt", "root": r"\root", "binomial": r"\binomial", "factorial": r"\factorial", "floor": r"\floor",
    "ceiling": r"\ceil",
    "ceil": r"\ceil", "Max": r"\max", "Min": r"\min", "Mod": r"\mod", "re": r"\Re", "im": r"\Im", "conjugate": r"\conj",
    "sign": r"\sgn",
    "log": r"\log", "exp": r"\exp", "comb": r"\binomial",
}  # fmt: skip
EVERYWHERE: Final = {
    **{name: f"\\{name}" for name in FUNCTIONS if len(name) > 2 and name not in ("det", "deg", "arg", "sgn")}, "ln": r"\ln",
    **{name: _PYTHON_NAMES[name] for name in ("sqrt", "pi", "asin", "acos", "atan", "infinity", "inf", "oo", "cbrt", "Abs",
    "binomial", "factorial")},
    **{name: f"\\{name}" for name in GREEK if len(name) > 2 and name.islower() and name not in ("ell", "hbar", "eta", "iota")},
}  # fmt: skip
_LONGEST_FIRST: Final = sorted((name for name in EVERYWHERE if name not in ("oo", "inf", "max", "min")), key=len, reverse=True)
_OPERATIONS: Final = {
    "minus": [Token("symbol", "-")], "plus": [Token("symbol", "+")], "times": [Token("command", r"\times")],
    "squared": [Token("symbol", "^"), Token("number", "2")], "cubed": [Token("symbol", "^"), Token("number", "3")],
}  # fmt: skip
_MAX_PRODUCT: Final = 3
_IN_ORDER: Final = ("abcdefgh", "klmn", "pqrstu", "uvwxyz", "ABCDEFGH", "PQRS", "XYZ")


def _split_word(token: Token, habit: Habit, *, is_glued: bool) -> list[str] | None:
    r"""Return a word as commands and single letters (`xsinx` as x, \sin, x), None for a word of a language."""
    word = token.text
    if word.startswith("vec"):
        return [word if "i" in habit.constants else word[3:]] if len(word) == 4 else None
    if habit.is_python and word in _PYTHON_NAMES:
        return [_PYTHON_NAMES[word]]
    if word in EVERYWHERE:
        return [EVERYWHERE[word]]
    if token.prose or not word.isascii():
        return None
    for name in _LONGEST_FIRST:
        before, found, after = word.partition(name)
        if found and len(name) > 1 and len(before) <= 2 and len(after) <= 2 and not (len(name) == 2 and before):
            return [*before, EVERYWHERE[name], *after]
    if (word.lower() in FUNCTION_WORDS or word.lower() in MEANINGFUL) and not (is_glued and len(word) == 2):
        return None
    is_product = len(word) <= _MAX_PRODUCT or any(word in letters for letters in _IN_ORDER)
    return list(word) if is_product else None


def split_words(parts: Sequence[Token], habit: Habit) -> list[Token]:
    """Return the tokens with each word as names of functions and single letters."""
    found: list[Token] = []
    for place, token in enumerate(parts):
        if token.text in ("x", "X") and _is_between_numbers(parts, place):
            found.append(Token("command", r"\times", token.gap))
            continue
        if token.kind != "word" or (len(token.text) == 1 and token.text.isascii()):
            found.append(token)
            continue
        if token.text in _OPERATIONS and place > 0 and token.gap:
            found += _OPERATIONS[token.text]
            continue
        names = _split_word(token, habit, is_glued=_is_glued(parts, place))
        if names is None or (place and _are_words(parts[place - 1], token)):
            raise NotFormula(token.text)
        for index, name in enumerate(names):
            found.append(Token("command" if name.startswith("\\") else "word", name, token.gap if index == 0 else 0))
    return found


def _are_words(one: Token, other: Token) -> bool:
    """Return whether two neighbours are words rather than products of letters: Elm St."""
    return bool(other.gap) and all(
        token.kind == "word" and len(token.text) > 1 and token.text not in EVERYWHERE for token in (one, other)
    )


def _is_between_numbers(parts: Sequence[Token], place: int) -> bool:
    """Return whether an x stands for a multiplication sign, as in 3 x 10^8."""
    return 0 < place < len(parts) - 1 and parts[place - 1].kind == parts[place + 1].kind == "number"


def _is_glued(parts: Sequence[Token], place: int) -> bool:
    """Return whether a word touches mathematics, as `Be` does in Be^{-x}: then it is no word of a language."""
    before = place > 0 and parts[place].gap == 0 and parts[place - 1].kind in ("number", "symbol", "command")
    after = place + 1 < len(parts) and parts[place + 1].gap == 0 and parts[place + 1].text in ("^", "_")
    return before or after
