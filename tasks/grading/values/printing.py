"""Say what a value is: its type in a word, and the value as it was understood, for people who ask why."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from tasks.grading.values.expressions import (
    MINUS_ONE,
    Applied,
    Constant,
    Expression,
    Function,
    Letter,
    Number,
    Opaque,
    Power,
    Product,
    Sum,
    letters,
)
from tasks.grading.values.types import (
    Ambiguous,
    BaseNumeral,
    Choice,
    ClockTime,
    Collection,
    Date,
    Interval,
    Letters,
    Matrix,
    Named,
    Ordinal,
    Ratio,
    Relation,
    Scalar,
    Sequence,
    System,
    Text,
    Truth,
    Union,
    Value,
)

_MAX_SHOWN_BITS: Final = 200
_MAX_BRIEF: Final = 60
_BRACKETS: Final = {"()": "()", "[]": "[]", "vector": "<>"}


@dataclass(frozen=True, slots=True)
class Described:
    """A type in a word, and the value as it was understood."""

    type: str
    value: str


def described(value: Value | None) -> Described:
    """Return what a value is, for people."""
    if value is None:
        return Described("nothing", "")
    return Described(_type(value), shown(value))


def _type(value: Value) -> str:
    match value:
        case Scalar():
            return _type_of_scalar(value)
        case Sequence(_, brackets):
            return {"()": "tuple", "[]": "list or closed interval", "vector": "vector"}[brackets]
        case Collection(_, braces, either):
            return "set" if braces else ("alternatives" if either else "list")
        case Relation(_, operators):
            return "equation" if set(operators) == {"="} else "inequality"
        case ClockTime():
            return "time of day"
        case BaseNumeral():
            return "numeral"
        case Named():
            return f"named {_type(value.value)}"
        case Letters():
            return "letters"
        case _:
            return type(value).__name__.lower()


def _type_of_scalar(scalar: Scalar) -> str:
    kind = "number" if not letters(scalar.expression) else "expression"
    if scalar.percent:
        return f"{kind} in percent"
    return f"{kind} with unit" if scalar.unit is not None else kind


def shown(value: Value) -> str:
    """Return a value in one line."""
    match value:
        case Scalar():
            return _scalar(value)
        case Ratio(terms):
            return " : ".join(map(_scalar, terms))
        case ClockTime(hour, minute, second, half, day):
            return " ".join(filter(None, (f"{hour}:{minute:02}" + (f":{second:02}" if second else ""), half, day)))
        case Date(month, day_of_month, year):
            return "-".join(f"{part:02}" for part in (year, month, day_of_month) if part is not None)
        case Interval(low, high, low_closed, high_closed):
            return f"{'[' if low_closed else '('}{printed(low)}, {printed(high)}{']' if high_closed else ')'}"
        case Union(members):
            return " or ".join(map(shown, members))
        case Sequence(items, brackets):
            return _BRACKETS[brackets][0] + ", ".join(map(shown, items)) + _BRACKETS[brackets][1]
        case Collection(items, braces, either):
            joined = (" or " if either else ", ").join(map(shown, items))
            return f"{{{joined}}}" if braces else joined
        case Matrix(rows):
            return "[" + "; ".join(", ".join(map(shown, row)) for row in rows) + "]"
        case Named(name, inner):
            return f"{name} = {shown(inner)}"
        case System(members):
            return ", ".join(map(shown, members))
        case Relation(sides, operators):
            return printed(sides[0]) + "".join(
                f" {mark} {printed(side)}" for mark, side in zip(operators, sides[1:], strict=True)
            )
        case _:
            return _word(value)


def _word(value: Value) -> str:
    match value:
        case BaseNumeral(digits, base):
            return f"{digits} in base {base}"
        case Choice(label, inner):
            return label if inner is None else f"({label}) {shown(inner)}"
        case Letters(text) | Text(text):
            return text
        case Truth(is_true):
            return "true" if is_true else "false"
        case Ordinal(number):
            return f"place {number}"
        case Ambiguous(first, second):
            return f"{shown(first)} or {shown(second)}"
        case _:
            return ""


def _scalar(scalar: Scalar) -> str:
    text = shown_number(scalar.number) if scalar.number is not None else printed(scalar.expression)
    if scalar.percent:
        return f"{text} %"
    if scalar.unit is None:
        return text
    names = " ".join(name if power == 1 else f"{name}^{power}" for name, power in scalar.unit.dimensions) or "unit"
    size = "" if scalar.unit.factor == 1 else f", times {shown_number(scalar.unit.factor)}"
    return f"{text} ({names}{size})"


def brief(text: str) -> str:
    """Return a text, or its beginning where it is long."""
    return text if len(text) <= _MAX_BRIEF else f"{text[:_MAX_BRIEF]}..."


def shown_number(number: Fraction) -> str:
    """Return a number as p/q; of one that nobody would read, how long it is."""
    bits = max(number.numerator.bit_length(), number.denominator.bit_length())
    return str(number) if bits <= _MAX_SHOWN_BITS else f"a number of {bits} bits"


def printed(expression: Expression) -> str:
    """Return a formula as plain text, every product and power written out."""
    match expression:
        case Number(value):
            return shown_number(value) if value >= 0 and value.denominator == 1 else f"({shown_number(value)})"
        case Letter(name) | Constant(name):
            return name
        case Opaque(text):
            return text
        case Sum(terms):
            return "(" + " + ".join(map(printed, terms)) + ")"
        case Product((first, *rest)) if first == MINUS_ONE:
            return "-" + "*".join(map(printed, rest))
        case Product(factors):
            return "*".join(map(printed, factors))
        case Power(base, exponent):
            inner = f"({printed(base)})" if isinstance(base, Product | Power) else printed(base)
            return f"{inner}^{printed(exponent)}"
        case Function(name, arguments) | Applied(name, arguments):
            return f"{name}({', '.join(map(printed, arguments))})"
