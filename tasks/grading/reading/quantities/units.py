r"""Read units of measure: from tokens to powers of dimensions and a factor.

A unit is optional (see GradingSettings.units): `5` equals `5 cm`, `5 cm` equals `0.05 m`, and `5 cm` never equals `5 kg`.
A plain noun (`12 apples`) is a dimension of its own; a phrase that says more than a noun (`5 at least`) is no unit.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from tasks.grading.reading.lexing.tokens import Token
from tasks.grading.reading.quantities.unit_table import DEGREE_UNITS, GRAVITY, SINGLE_LETTERS, TABLE, WITH_CAPITALS
from tasks.grading.reading.quantities.words import MEANINGFUL
from tasks.grading.values.unit import Unit

_POWERS: Final = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_POWERS_AFTER: Final = {"squared": 2, "cubed": 3}
_CURRENCIES: Final = frozenset((r"\dollar", r"\euro", r"\pounds", r"\yen", r"\rupees", r"\cents"))
_MAX_NOUNS: Final = 4


def currency(token: Token) -> Unit | None:
    """Return the unit of a currency sign before a number, None for another token."""
    if token.text in _CURRENCIES or (token.kind == "word" and token.text in ("Rs", "USD", "EUR", "GBP", "INR")):
        return _made({TABLE[token.text.lower()][0]: 1}, TABLE[token.text.lower()][1])
    return None


def unit(parts: Sequence[Token]) -> Unit | None:
    """Return the unit that tokens spell, None where they spell none."""
    parts = [token for token in parts if token.text not in ("{", "}", ".")]
    if len(parts) > 2 and (parts[0].text, parts[-1].text) == ("(", ")"):
        parts = parts[1:-1]
    if not parts:
        return None
    known = _Reader(parts).unit()
    return known if known is not None else _noun(parts)


class _Reader:
    """Recursive descent over the tokens of known units. Mutable: the position moves."""

    def __init__(self, parts: Sequence[Token]) -> None:
        self._parts = parts
        self._position = 0

    def unit(self) -> Unit | None:
        """Return the product and quotient of known units, None where a word is unknown or something is left."""
        dimensions: dict[str, int] = {}
        factor, sign, certain = Fraction(1), 1, True
        if self._word() in ("/", "per") and len(self._parts) > 1:
            sign, self._position = -1, 1
        while self._position < len(self._parts):
            found = self._factor()
            if found is None:
                return None
            (made, size), power, is_certain = found
            for dimension, exponent in made.items():
                dimensions[dimension] = dimensions.get(dimension, 0) + sign * power * exponent
            factor *= size ** (sign * power)
            certain = certain and is_certain
            following = self._word()
            if following in ("/", "per", "a", "an") or (following == "each" and sign == 1):
                sign = -1
                self._position += 1
            elif following in (r"\cdot", "*", "-", r"\times") or (following == "." and sign == 1):
                self._position += 1
            if following and self._position >= len(self._parts):
                return None
        if not dimensions:
            return None
        if dimensions == {"mass": 1, "length": -2}:
            dimensions, factor = {"mass": 1, "length": -1, "time": -2}, factor * GRAVITY  # pounds per square inch are of force
        generic = dimensions.pop("unit", 0)
        return _made(dimensions, factor, certain=certain, generic=generic if not dimensions else 0)

    def _word(self, ahead: int = 0) -> str:
        position = self._position + ahead
        return self._parts[position].text if position < len(self._parts) else ""

    def _factor(self) -> tuple[tuple[dict[str, int], Fraction], int, bool] | None:
        power = _POWERS.get(self._word().lower(), 1)
        self._position += power > 1
        if self._word() == ".":
            self._position += 1
        named = self._named()
        if named is None:
            return None
        certain = self._parts[self._position - 1]
        is_certain = certain.prose or len(certain.text) > 1 or certain.gap > 0 or self._position > 1
        if self._word() == "^":
            self._position += 1
            exponent = self._exponent()
            if exponent is None:
                return None
            return named, power * exponent, is_certain
        if self._word() in ("2", "3"):
            power *= int(self._word())
            self._position += 1
        elif self._word().lower() in _POWERS_AFTER:
            power *= _POWERS_AFTER[self._word().lower()]
            self._position += 1
        return named, power, is_certain

    def _exponent(self) -> int | None:
        sign = 1
        if self._word() == "-":
            sign = -1
            self._position += 1
        digits = self._word()
        self._position += 1
        return sign * int(digits) if digits in ("1", "2", "3", "4") else None

    def _named(self) -> tuple[dict[str, int], Fraction] | None:
        """Return dimensions and size of the unit at the position: one word, a command, or a prefix and a word."""
        word = self._word()
        self._position += 1
        if word == r"\degree" or (word.lower() in ("degree", "degrees") and self._word()[:1].upper() in DEGREE_UNITS):
            if self._word() in ("C", "F") or self._word().lower() in ("celsius", "fahrenheit"):
                word = DEGREE_UNITS[self._word()[0].upper()]
                self._position += 1
            return _sized(TABLE[word])
        if word == r"\mu" and (r"\mu" + self._word()) in TABLE:
            self._position += 1
            return _sized(TABLE[r"\mu" + self._parts[self._position - 1].text])
        if word in TABLE and word.startswith("\\"):
            return _sized(TABLE[word])
        entry = _spelled(word)
        return None if entry is None else _sized(entry)


def _spelled(word: str) -> tuple[str, Fraction] | None:
    """Return the entry of a unit's name in any case and number; of single letters in their usual case."""
    if len(word) == 1:
        return TABLE[SINGLE_LETTERS[word]] if word in SINGLE_LETTERS else None
    if word in WITH_CAPITALS:
        return TABLE[WITH_CAPITALS[word]]
    lower = word.lower()
    candidates = (lower, lower.removesuffix("s"), lower.removesuffix("es"))
    return next((TABLE[name] for name in candidates if len(name) > 1 and name in TABLE), None)


def _sized(entry: tuple[str, Fraction]) -> tuple[dict[str, int], Fraction]:
    """Return the powers of dimensions of an entry: `length^3`, `mass length^-1 time^-2`."""
    dimensions: dict[str, int] = {}
    for part in entry[0].split():
        name, _, power = part.partition("^")
        dimensions[name] = int(power or 1)
    return dimensions, entry[1]


def _made(dimensions: dict[str, int], factor: Fraction, *, certain: bool = True, generic: int = 0) -> Unit:
    kept = tuple(sorted((name, power) for name, power in dimensions.items() if power))
    return Unit(kept, factor, certain, generic)


def _noun(parts: Sequence[Token]) -> Unit | None:
    """Return a dimension of its own for up to four plain words (`red marbles`), None for anything that says more."""
    words = [token.text.lower() for token in parts]
    if len(parts) > _MAX_NOUNS or not all(token.kind == "word" and len(token.text) > 1 for token in parts):
        return None
    if any(word in MEANINGFUL for word in words) or not any(len(word) > 2 for word in words):
        return None
    is_counted = words[-1].endswith("s") or words[-1] in (
        "people",
        "children",
        "men",
        "women",
        "fish",
        "sheep",
        "mice",
        "geese",
        "feet",
    )
    name = " ".join([*words[:-1], words[-1].removesuffix("s")])
    is_one_word = len(words) == 1 and len(words[0]) > 2
    return Unit(((f"the {name}", 1),), Fraction(1), certain=is_counted or is_one_word)
