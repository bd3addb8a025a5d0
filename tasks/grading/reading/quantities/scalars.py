"""Read tokens as one value: a formula, perhaps with a currency, a word like million, a percent sign or a unit."""

import re
from dataclasses import replace
from fractions import Fraction
from typing import Final

from tasks.grading.reading.lexing.cursor import NotFormula
from tasks.grading.reading.lexing.splitting import Parts, is_balanced
from tasks.grading.reading.lexing.tokens import Token, written
from tasks.grading.reading.quantities.formula import formula
from tasks.grading.reading.quantities.formula_words import Habit
from tasks.grading.reading.quantities.unit_table import SINGLE_LETTERS
from tasks.grading.reading.quantities.units import currency, unit
from tasks.grading.reading.quantities.words import MULTIPLIERS, number_in_words, ordinal, part_named
from tasks.grading.values.exact import rational
from tasks.grading.values.expressions import Expression, Function, Number, Product, Sum, letters, negative, walk
from tasks.grading.values.types import Ambiguous, BaseNumeral, Ordinal, Scalar, Value
from tasks.grading.values.unit import Unit

_BASE_NUMERAL = re.compile(r"(-?[0-9A-F.]*\d[0-9A-F.]*)_\{?\(?(\d+|[a-z]+)\)?\}?")
_BASE_IN_WORDS = re.compile(r"(-?[0-9A-F]*\d[0-9A-F]*)\s*[,(]*\s*(?:in |\(|in the )?base[\s-]*(\w+)\s*\)?")
_PYTHON_BASES: Final = {"b": 2, "o": 8, "x": 16}
_PYTHON_NUMERAL = re.compile(r"0([box])([0-9a-fA-F]+)")
_CLEAR: Final = frozenset(
    [
        "cm",
        "mm",
        "km",
        "kg",
        "ft",
        "lb",
        "oz",
        "ml",
        "mL",
        "am",
        "pm",
        "cc",
        "mi",
        "hr",
        "yd",
        "mg",
        "kWh",
        "mph",
        "km/h",
        "pts",
        "ha",
    ]
)
"""Abbreviations that nobody writes for a product of letters, even without a space."""
_STARTS_OF_UNITS: Final = frozenset((r"\degree", r"\mu", r"\Omega", r"\dollar", r"\euro", r"\pounds", r"\yen", r"\cents", "("))
_AMBIGUOUS: Final = frozenset(("/", r"\log"))


def scalar(parts: Parts, habit: Habit) -> Value | None:
    """Return the one value that all tokens spell, None where they spell none."""
    if not parts or not is_balanced(parts):
        return None
    based = _based(parts)
    if based is not None:
        return based
    value = _signed(list(parts), habit)
    if value is None or not any(token.text in _AMBIGUOUS or token.text == "log" for token in parts):
        return value
    other = _signed(list(parts), replace(habit, tight_quotients=True, decimal_logs=True))
    if other is None or other == value:
        return value
    return Ambiguous(value, other)


def expression(parts: Parts, habit: Habit) -> Expression | None:
    """Return the formula that the tokens spell, None where they spell none."""
    try:
        return formula(parts, habit)
    except (NotFormula, RecursionError, IndexError):
        return None


def as_scalar(found: Expression, text: str) -> Scalar:
    """Return a formula as a value."""
    return Scalar(found, rational(found), text)


def _based(parts: Parts) -> Value | None:
    text = written(parts)
    python = _PYTHON_NUMERAL.fullmatch(text)
    if python is not None:
        return _numeral(python[2], _PYTHON_BASES[python[1]])
    if len(parts) == 2 and parts[0].kind == "number" and parts[1].gap == 0 and ordinal(text) is not None:
        return Ordinal(int(parts[0].text))
    match = _BASE_NUMERAL.fullmatch(text.replace(" ", "")) or _BASE_IN_WORDS.fullmatch(text)
    if match is None:
        return None
    named = Fraction(match[2]) if match[2].isdigit() else number_in_words(match[2])
    return _numeral(match[1], int(named)) if named is not None and named.denominator == 1 else None


def _numeral(digits: str, base: int) -> Value | None:
    """Return a numeral, None where a digit is too large for the base."""
    if not 2 <= base <= 36 or any(int(digit, 36) >= base for digit in digits if digit.isalnum()):
        return None
    return BaseNumeral(digits.upper().lstrip("0") or "0", base)


def _signed(parts: Parts, habit: Habit) -> Value | None:
    """Read a sign and a currency in any order, then the value."""
    sign = 1
    if len(parts) == 2 and parts[0].text.lower() in ("minus", "negative") and parts[1].kind == "number":
        parts = [Token("symbol", "-"), parts[1]]
    while parts and parts[0].text in ("-", "+") and len(parts) > 1 and (currency(parts[1]) is not None):
        sign *= -1 if parts[0].text == "-" else 1
        parts = parts[1:]
    money = currency(parts[0]) if parts else None
    if money is None or len(parts) < 2:
        return _measured(parts, habit)
    rest = parts[2:] if parts[1].text == "." and len(parts) > 2 else parts[1:]
    value = _measured(rest, habit)
    if not isinstance(value, Scalar) or value.percent:
        return None
    if value.unit is not None:
        is_repeated = value.unit.dimensions == money.dimensions
        if not (is_repeated or all(power < 0 for _, power in value.unit.dimensions)):
            return None
        money = money if is_repeated else _times(money, value.unit)
    made = negative(value.expression) if sign < 0 else value.expression
    return Scalar(made, rational(made), written(parts), unit=money)


def _times(one: Unit, other: Unit) -> Unit:
    dimensions = dict(one.dimensions)
    for name, power in other.dimensions:
        dimensions[name] = dimensions.get(name, 0) + power
    return Unit(tuple(sorted(dimensions.items())), one.factor * other.factor)


def _measured(parts: Parts, habit: Habit) -> Value | None:
    """Read a formula and what stands after it: the split with the longest unit that leaves a formula."""
    whole = None if any(token.prose and len(token.text) > 1 for token in parts) else expression(parts, habit)
    for place in range(1, len(parts)):
        if not _may_start_suffix(parts, place, habit, whole):
            continue
        suffix = _suffix(parts[place:])
        if suffix is None:
            continue
        size, percent, measure = suffix
        value = expression(parts[:place], habit)
        if value is None or not _fits(parts, place, value, measure, percent=percent, whole=whole):
            continue
        made = value if size == 1 else Product((value, Number(size)))
        if measure is not None and not measure.certain and whole is None and not letters(value):
            whole_as_letters = None
        else:
            whole_as_letters = whole
        return Scalar(made, rational(made), written(parts), percent, measure, whole_as_letters)
    return None if whole is None else as_scalar(whole, written(parts))


def _may_start_suffix(parts: Parts, place: int, habit: Habit, whole: Expression | None) -> bool:
    token = parts[place]
    if token.text == "^" and any(after.text == r"\degree" for after in parts[place + 1 : place + 3]):
        return True
    if token.text == r"\degree" and parts[place - 1].text in ("^", "{"):
        return False
    starts = token.kind == "word" or token.text in _STARTS_OF_UNITS or token.text == r"\%"
    return (
        starts
        and is_balanced(parts[:place])
        and parts[place - 1].text not in ("+", "-", "/", "^", "_", r"\cdot", "*", r"\times")
    )


def _suffix(parts: Parts) -> tuple[Fraction, bool, Unit | None] | None:
    """Return the factor (5 million), the percent sign and the unit that tokens after a number spell, None for others."""
    size = Fraction(1)
    while parts and parts[0].text.lower() in MULTIPLIERS:
        size *= MULTIPLIERS[parts[0].text.lower()]
        parts = parts[1:]
    if size == 1 and parts and part_named(parts[0].text) is not None and parts[0].text.lower() != "second":
        size = Fraction(1, part_named(parts[0].text) or 1)
        parts = parts[1:]
    if size != 1 and parts and parts[0].text == "of":
        parts = parts[2:] if len(parts) > 1 and parts[1].text in ("a", "an") else parts[1:]
    if not parts:
        return (size, False, None) if size != 1 else None
    text = "".join(token.text for token in parts).lower()
    if text in (r"\%", "percent", "percentage", "pct", "percentagepoints"):
        return size, True, None
    if parts[0].text == "^":
        parts = parts[1:]
    measure = unit(parts)
    return None if measure is None else (size, False, measure)


def _fits(
    parts: Parts, place: int, value: Expression, measure: Unit | None, *, percent: bool, whole: Expression | None
) -> bool:
    """Return whether the words after a value are a unit rather than letters of the formula."""
    token = parts[place]
    if measure is not None and measure.is_noun and not any(before.kind == "number" for before in parts[:place]):
        return False
    if (
        measure is not None
        and measure.is_degree
        and not token.prose
        and any(isinstance(node, Function) for node in walk(value))
    ):
        return False  # the degrees are the argument's: \\cos 60^\\circ
    if measure is None or percent or token.kind != "word" or token.prose:
        return True
    is_numeral = place == 1 or (place == 2 and parts[0].text == "-")
    is_spaced = token.gap > 0 and parts[place - 1].kind != "command"
    if len(token.text) == 1:
        if token.text not in SINGLE_LETTERS or letters(value):
            return False
        return is_numeral or is_spaced or len(parts) - place > 1
    if whole is None:
        return True
    return is_spaced or token.text in _CLEAR


def compound(parts: Parts, habit: Habit) -> Scalar | None:
    """Return "2 hours and 13 minutes" or "1 kg 500 g" as one value in the first unit, None for anything else."""
    starts = [
        place for place, token in enumerate(parts) if token.kind == "number" and (place == 0 or _ends_quantity(parts, place))
    ]
    starts = [place for place in starts if place == 0 or parts[place].gap or parts[place - 1].prose]
    if len(starts) < 2 or starts[0] != 0:
        return None
    measured: list[Scalar] = []
    for place, end in zip(starts, [*starts[1:], len(parts)], strict=True):
        piece = list(parts[place:end])
        while piece and piece[-1].text in ("and", ",") and end < len(parts):
            piece = piece[:-1]
        value = _measured(piece, habit)
        if not isinstance(value, Scalar) or value.unit is None or value.number is None or value.percent:
            return None
        measured.append(value)
    return _added(measured, written(parts))


def _ends_quantity(parts: Parts, place: int) -> bool:
    """Return whether a unit, or "and", or the comma of "1 hour, 30 minutes" stands before a place."""
    if parts[place - 1].text == "," and place > 1:
        return parts[place - 2].text.lower() in (
            "hour",
            "hours",
            "hr",
            "hrs",
            "minute",
            "minutes",
            "min",
            "day",
            "days",
            "year",
            "years",
        )
    return parts[place - 1].kind == "word"


def _added(measured: list[Scalar], text: str) -> Scalar | None:
    """Return the sum of values in units of one dimension, each smaller than the one before."""
    first = measured[0].unit
    assert first is not None  # checked by the caller
    total = Fraction(0)
    last = None
    for value in measured:
        if value.unit is None or value.number is None or value.unit.dimensions != first.dimensions:
            return None
        if last is not None and not value.unit.factor < last:
            return None
        last = value.unit.factor
        total += value.number * value.unit.factor / first.factor
    return Scalar(Sum((Number(total),)), total, text, unit=replace(first, certain=True))
