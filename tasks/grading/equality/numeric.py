"""Evaluate expressions at a point, to as many digits as their numbers ask for. Worker processes only: it may take long."""

import hashlib
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import mpmath

from tasks.grading.values.exact import rational
from tasks.grading.values.expressions import (
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
    parts,
)

MIN_BITS: Final = 640
"""Working precision for expressions of small numbers: 190 decimal digits."""
MAX_BITS: Final = 60_000
_OF_ANY_SIZE: Final = frozenset(
    ("ln", "abs", "root", "floor", "ceil", "max", "min", "sgn", "Re", "Im", "conj", "gcd", "lcm", "mod")
)
_MAX_EXPONENT_BITS: Final = 64
"""Arguments of functions and exponents beyond 2^64 are refused: their sine or power would take for ever."""


class NoValueHere(ArithmeticError):
    """The expression has no value at this point: a division by zero, a pole, a logarithm of zero."""


class BeyondPrecision(ArithmeticError):
    """The numbers are so large that no affordable precision can tell two expressions apart."""


def needed_bits(*expressions: Expression) -> int:
    """Return the working precision at which these expressions are compared: twice the bits of their own numbers, and a margin.

    2^{2009}-1 and 2^{2009} differ in digit 605, so that 190 digits would not tell them apart. Raises BeyondPrecision.
    """
    bits = MIN_BITS + 2 * sum(map(_bits, expressions))
    if bits > MAX_BITS:
        raise BeyondPrecision(f"{bits} bits")
    return bits


def _bits(expression: Expression) -> int:
    """Return how many binary digits the numbers in an expression may fill."""
    match expression:
        case Number(value):
            return value.numerator.bit_length() + value.denominator.bit_length() - 1
        case Power(base, exponent):
            times = abs(_size(exponent))
            return min(MAX_BITS + 1, int(_bits(base) * max(1.0, min(times, MAX_BITS)))) + _bits(exponent)
        case Function("factorial", (argument,)):
            return min(MAX_BITS + 1, int(min(abs(_size(argument)), 1e6) * 12))
        case Constant() | Letter():
            return 2
        case _:
            return min(MAX_BITS + 1, sum(map(_bits, parts(expression))))


def _size(expression: Expression) -> float:
    """Return a rough upper bound of the absolute value of an exponent; letters count as one."""
    match expression:
        case Number(value):
            return min(float(MAX_BITS), abs(value.numerator) / value.denominator) if value.denominator < 10**300 else 1.0
        case Sum(terms):
            return sum(map(_size, terms))
        case Product(factors):
            size = 1.0
            for factor in factors:
                size *= _size(factor)
            return min(size, float(MAX_BITS))
        case Power(base, exponent):
            below = _size(exponent)
            if isinstance(exponent, Number) and exponent.value < 0:
                return float(1.0 / max(_size(base), 1e-9) ** min(below, 64.0))
            return float(min(float(MAX_BITS), max(_size(base), 1.0) ** min(below, 64.0)))
        case _:
            return 4.0 if isinstance(expression, Constant) else 1.0


def evaluate(expression: Expression, point: Mapping[str, Any]) -> Any:
    """Return the value of an expression as an mpmath number, real where it can be. Raises NoValueHere and BeyondPrecision."""
    try:
        value = _value(expression, point)
    except ZeroDivisionError as error:
        raise NoValueHere(str(error)) from error
    except (ValueError, OverflowError, TypeError) as error:
        raise NoValueHere(str(error)) from error
    if not mpmath.isfinite(value):
        raise NoValueHere("not finite")
    return value


def _value(expression: Expression, point: Mapping[str, Any]) -> Any:
    match expression:
        case Number(value):
            return mpmath.mpf(value.numerator) / value.denominator
        case Letter(name):
            return point[name]
        case Constant(name):
            return _constant(name)
        case Sum(terms):
            return mpmath.fsum(_value(term, point) for term in terms)
        case Product(factors):
            product = mpmath.mpf(1)
            for factor in factors:
                product = product * _value(factor, point)
            return product
        case Power(base, exponent):
            whole = rational(exponent)
            below = _value(base, point)
            if whole is not None and whole.denominator % 2 and whole.denominator > 1:
                return _power(_root(below, whole.denominator), mpmath.mpf(whole.numerator))
            return _power(below, _value(exponent, point))
        case Function(name, arguments):
            values = [_value(argument, point) for argument in arguments]
            return _FUNCTIONS[name](*(values if name in _OF_ANY_SIZE else map(_bounded, values)))
        case Applied(name, arguments):
            inner = "|".join(mpmath.nstr(mpmath.chop(_value(argument, point), 1e-60), 50) for argument in arguments)
            return pseudo_random(f"{name}({inner})")
        case Opaque(text):
            return pseudo_random(text)


def pseudo_random(seed: str) -> Any:
    """Return a number between 0.5 and 2.5 that depends on a text alone."""
    digest = hashlib.sha256(seed.encode()).digest()
    return mpmath.mpf(int.from_bytes(digest[:16], "big")) / (1 << 127) + mpmath.mpf(1) / 2


def _constant(name: str) -> Any:
    if name == "i":
        return mpmath.mpc(0, 1)
    if name == "oo":
        raise NoValueHere("infinity")
    return +mpmath.pi if name == "pi" else +mpmath.e


def _bounded(value: Any) -> Any:
    if value and mpmath.mag(value) > _MAX_EXPONENT_BITS:
        raise BeyondPrecision("a function of a huge number")
    return value


def _power(base: Any, exponent: Any) -> Any:
    if base == 0:
        if mpmath.re(exponent) > 0:
            return mpmath.mpf(0)
        raise NoValueHere("zero to the power of zero")
    result_bits = mpmath.mag(exponent) + (mpmath.mag(mpmath.mag(base)) if mpmath.mag(base) else 0) if exponent else 0
    if result_bits > _MAX_EXPONENT_BITS:
        raise BeyondPrecision("a huge power")
    return mpmath.power(base, exponent)


def _root(value: Any, degree: Any) -> Any:
    """Return the root that people mean: real where the degree is odd, as the cube root of -8."""
    if mpmath.im(value) == 0 and mpmath.im(degree) == 0 and degree == int(degree) and int(degree) % 2 and mpmath.re(value) < 0:
        return -mpmath.power(-mpmath.re(value), 1 / mpmath.mpf(degree))
    return mpmath.power(value, 1 / mpmath.mpf(degree)) if value else mpmath.mpf(0)


def _real_only(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*values: Any) -> Any:
        if any(mpmath.im(value) != 0 for value in values):
            raise NoValueHere("of a complex number")
        return function(*(mpmath.re(value) for value in values))

    return called


def _whole_only(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*values: Any) -> Any:
        if any(mpmath.im(value) != 0 or value != int(mpmath.re(value)) for value in values):
            raise NoValueHere("of no whole number")
        return mpmath.mpf(function(*(int(mpmath.re(value)) for value in values)))

    return called


def _ln(value: Any) -> Any:
    if value == 0:
        raise NoValueHere("ln 0")
    return mpmath.ln(value)


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    **{name: getattr(mpmath, name) for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth",
    "sech", "csch")},
    **{f"arc{name}": getattr(mpmath, f"a{name}") for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh",
    "tanh", "coth")},
    "ln": _ln, "abs": abs, "root": _root, "floor": _real_only(mpmath.floor), "ceil": _real_only(mpmath.ceil),
    "max": _real_only(max), "min": _real_only(min), "sgn": _real_only(mpmath.sign), "Re": mpmath.re, "Im": mpmath.im,
    "conj": mpmath.conj,
    "factorial": mpmath.factorial, "double_factorial": mpmath.fac2, "binomial": mpmath.binomial, "permutations": mpmath.ff,
    "gcd": _whole_only(math.gcd), "lcm": _whole_only(math.lcm), "mod": _real_only(lambda one,
    other: one - other * mpmath.floor(one / other)),
}  # fmt: skip
