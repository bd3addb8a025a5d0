"""Evaluate expressions exactly where they are rational numbers. No floating point, and nothing that becomes too large."""

import math
from fractions import Fraction
from typing import Final

from tasks.grading.values.expressions import Expression, Function, Number, Power, Product, Sum

_MAX_BITS: Final = 100_000
"""2^{2000} and 1000! fit; a power tower does not get to eat the machine."""
_MAX_FACTORIAL: Final = 3_000


def rational(expression: Expression) -> Fraction | None:
    """Return the exact value of an expression of rational numbers, None for anything else."""
    match expression:
        case Number(value):
            return value
        case Sum(terms):
            return _folded(terms, Fraction(0))
        case Product(factors):
            return _folded(factors, None)
        case Power(base, exponent):
            return _power(rational(base), rational(exponent))
        case Function(name, arguments):
            values = [rational(argument) for argument in arguments]
            known = [value for value in values if value is not None]
            return _function(name, known) if len(known) == len(values) else None
        case _:
            return None


def _folded(inner: tuple[Expression, ...], start: Fraction | None) -> Fraction | None:
    """Return the sum (start 0) or the product (start None) of rational parts."""
    total = Fraction(1) if start is None else start
    for part in inner:
        value = rational(part)
        if value is None:
            return None
        total = total * value if start is None else total + value
        if max(total.numerator.bit_length(), total.denominator.bit_length()) > _MAX_BITS:
            return None
    return total


def _power(base: Fraction | None, exponent: Fraction | None) -> Fraction | None:
    if base is None or exponent is None or (base == 0 and exponent <= 0):
        return None
    if exponent.denominator != 1:
        return None if base < 0 else _root(base, exponent)
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(base) != 1 and bits * abs(exponent) > _MAX_BITS:
        return None
    return Fraction(base ** int(exponent % 2 if abs(base) == 1 else exponent))


def _root(base: Fraction, exponent: Fraction) -> Fraction | None:
    """Return base to a broken power where that is rational: 9^{1/2}, 8^{2/3}."""
    if exponent.denominator > 64 or max(base.numerator.bit_length(), base.denominator.bit_length()) > _MAX_BITS:
        return None
    top, bottom = (_whole_root(part, exponent.denominator) for part in (base.numerator, base.denominator))
    if top is None or bottom is None:
        return None
    return _power(Fraction(top, bottom), Fraction(exponent.numerator))


def _whole_root(number: int, degree: int) -> int | None:
    low, high = 0, 1 << (number.bit_length() // degree + 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**degree < number else (low, middle)
    return low if low**degree == number else None


def _function(name: str, values: list[Fraction]) -> Fraction | None:
    first = values[0]
    if name == "abs":
        return abs(first)
    if name == "floor":
        return Fraction(math.floor(first))
    if name == "ceil":
        return Fraction(math.ceil(first))
    if name in ("max", "min"):
        return max(values) if name == "max" else min(values)
    if name == "root" and values[1].denominator == 1 and values[1] >= 2:
        is_odd = values[1] % 2 == 1
        root = _root(abs(first), 1 / values[1]) if first >= 0 or is_odd else None
        return None if root is None else (-root if first < 0 else root)
    whole = all(value.denominator == 1 for value in values)
    if name in ("gcd", "lcm") and whole:
        combine = math.gcd if name == "gcd" else math.lcm
        return Fraction(combine(*(int(value) for value in values)))
    if name == "mod" and whole and values[1] > 0:
        return first % values[1]
    if name == "factorial" and whole and 0 <= first <= _MAX_FACTORIAL:
        return Fraction(math.factorial(int(first)))
    if name == "double_factorial" and whole and 0 <= first <= _MAX_FACTORIAL:
        return Fraction(math.prod(range(int(first), 0, -2)))
    if name in ("binomial", "permutations") and whole and 0 <= values[1] <= first <= _MAX_FACTORIAL:
        count = math.comb if name == "binomial" else math.perm
        return Fraction(count(int(first), int(values[1])))
    return None
