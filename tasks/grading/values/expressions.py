"""What a formula is after reading: a tree of frozen nodes, with exact numbers and no evaluation.

Number     an exact value; `places` says how many decimal places it was written with
Letter     a free letter with its subscript or primes: x, x_1, y'
Constant   pi, e, i, oo
Sum, Product, Power, Function (sin, log, abs, ...)
Applied    a function with no known meaning: f(x); equal arguments give equal values, and that is all one knows
Opaque     notation that is compared as it is written: an integral, an angle ABC, a matrix inside a formula
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number. places: decimal places as written, None where it was no decimal."""

    value: Fraction
    places: int | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A free letter, its subscript and primes included in the name."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """One of pi, e, i, oo."""

    name: str


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms that are added."""

    terms: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Factors that are multiplied; a quotient has a factor to the power -1."""

    factors: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Power:
    """base ** exponent."""

    base: "Expression"
    exponent: "Expression"


@dataclass(frozen=True, slots=True)
class Function:
    """A function with a known meaning, by its name in numeric.py: sin, log, abs, factorial, binomial, root, ..."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """A function nobody defined: f(x), p(0), y''(t)."""

    name: str
    arguments: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Notation without a value here, as it is written."""

    text: str


Expression = Number | Letter | Constant | Sum | Product | Power | Function | Applied | Opaque

MINUS_ONE = Number(Fraction(-1))


def negative(expression: Expression) -> Expression:
    """Return -expression; a number stays a number."""
    if isinstance(expression, Number):
        return Number(-expression.value, expression.places)
    return Product((MINUS_ONE, expression))


def quotient(top: Expression, bottom: Expression) -> Expression:
    """Return top / bottom."""
    return Product((top, Power(bottom, MINUS_ONE)))


def parts(expression: Expression) -> tuple[Expression, ...]:
    """Return the expressions directly inside of an expression."""
    match expression:
        case Sum(terms):
            return terms
        case Product(factors):
            return factors
        case Power(base, exponent):
            return (base, exponent)
        case Function(_, arguments) | Applied(_, arguments):
            return arguments
        case _:
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and everything inside of it."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(parts(node))


def letters(expression: Expression) -> frozenset[str]:
    """Return the names of the free letters."""
    return frozenset(node.name for node in walk(expression) if isinstance(node, Letter))


def rebuilt(expression: Expression, inner: tuple[Expression, ...]) -> Expression:
    """Return the same kind of node around other inner expressions, in the order of `parts`."""
    match expression:
        case Sum():
            return Sum(inner)
        case Product():
            return Product(inner)
        case Power():
            return Power(inner[0], inner[1])
        case Function(name, _):
            return Function(name, inner)
        case Applied(name, _):
            return Applied(name, inner)
        case _:
            return expression


def renamed(expression: Expression, names: dict[str, str]) -> Expression:
    """Return the expression with other names for its letters."""
    if isinstance(expression, Letter):
        return Letter(names.get(expression.name, expression.name))
    return rebuilt(expression, tuple(renamed(part, names) for part in parts(expression)))


def replaced(expression: Expression, name: str, value: Expression) -> Expression:
    """Return the expression with a value in place of a letter."""
    if isinstance(expression, Letter):
        return value if expression.name == name else expression
    return rebuilt(expression, tuple(replaced(part, name, value) for part in parts(expression)))
