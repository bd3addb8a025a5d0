r"""Evaluate arithmetic exactly: integers, decimals, repeating decimals, fractions, mixed numbers, powers, factorials.

Everything that is not a rational number written with digits and operators, and everything that would become too large, is None:
no tolerance, no floating point, and nothing of the text is ever evaluated as code.
"""

import math
import re
from fractions import Fraction
from typing import Final

_MAX_BITS: Final = 40_000
"""2^{2000} and 1000! fit; a power tower does not get to eat the machine."""
_MAX_FACTORIAL: Final = 3_000
_REPEATING = re.compile(r"(\d*)\.(\d*)\\overline\{(\d+)\}")
_MAX_DIGITS: Final = 4_000
_NUMBER = re.compile(r"\d+(?:\.\d*)?|\.\d+")


class _NotRational(Exception):
    """The tokens are no rational number. Never leaves this module."""


def rational(parts: list[str]) -> Fraction | None:
    r"""Return the value of braced tokens (see latex.braced) as an exact fraction, None if they are no such number."""
    if not any(part[0].isdigit() or part[0] == "." for part in parts):
        return None
    reader = _Reader(parts)
    try:
        value = reader.sum()
    except (_NotRational, RecursionError):
        return None
    return value if reader.at_end() else None


def repeating_decimal(text: str) -> Fraction | None:
    r"""Return the value of `1.2\overline{34}`, None if the text is no repeating decimal."""
    match = _REPEATING.fullmatch(text)
    if match is None:
        return None
    whole, fixed, repeated = match.groups()
    scale = 10 ** len(fixed)
    value = Fraction(int((whole + fixed) or "0"), scale)
    return value + Fraction(int(repeated), scale * (10 ** len(repeated) - 1))


class _Reader:
    """Recursive descent over tokens: sum, product, power, atom. Mutable: `position` moves."""

    def __init__(self, parts: list[str]) -> None:
        self._parts = parts
        self._position = 0

    def at_end(self) -> bool:
        """Return whether every token was read."""
        return self._position == len(self._parts)

    def sum(self) -> Fraction:
        """Read terms joined by + and -."""
        value = self._signed_product()
        while self._next() in ("+", "-"):
            sign = 1 if self._take() == "+" else -1
            value = self._bounded(value + sign * self._signed_product())
        return value

    def _next(self, ahead: int = 0) -> str:
        position = self._position + ahead
        return self._parts[position] if position < len(self._parts) else ""

    def _take(self, expected: str = "") -> str:
        part = self._next()
        if not part or (expected and part != expected):
            raise _NotRational
        self._position += 1
        return part

    def _signed_product(self) -> Fraction:
        sign = 1
        while self._next() in ("+", "-"):
            sign *= 1 if self._take() == "+" else -1
        return sign * self._product()

    def _product(self) -> Fraction:
        value = self._power()
        while True:
            following = self._next()
            if following == r"\cdot":
                self._take()
                value = self._bounded(value * self._factor())
            elif following == "/":
                self._take()
                value = self._bounded(self._divided(value, self._factor()))
                if self._next() in ("(", "{"):
                    raise _NotRational  # 1/2(3) is read both ways
            elif following in ("(", "{"):
                value = self._bounded(value * self._power())
            else:
                return value

    def _factor(self) -> Fraction:
        return -self._factor() if self._next() == "-" and self._take() else self._power()

    def _power(self) -> Fraction:
        base = self._postfix()
        if self._next() != "^":
            return base
        self._take()
        exponent = self._braces()
        if exponent.denominator != 1 or abs(exponent) > _MAX_BITS or (base == 0 and exponent <= 0):
            raise _NotRational
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if bits * abs(exponent) > _MAX_BITS and abs(base) != 1:
            raise _NotRational
        return Fraction(base ** int(exponent))

    def _postfix(self) -> Fraction:
        value = self._atom()
        while self._next() == "!":
            self._take()
            if value.denominator != 1 or not 0 <= value <= _MAX_FACTORIAL:
                raise _NotRational
            value = Fraction(math.factorial(int(value)))
        return value

    def _atom(self) -> Fraction:
        part = self._take()
        if _NUMBER.fullmatch(part) and len(part) <= _MAX_DIGITS:
            return self._number(part)
        if part == r"\frac":
            top = self._braces()
            return self._divided(top, self._braces())
        if part == r"\binom":
            return self._choose(self._braces(), self._braces())
        if part in ("(", "{"):
            value = self.sum()
            self._take(")" if part == "(" else "}")
            return value
        raise _NotRational

    def _number(self, part: str) -> Fraction:
        """Read a number and what may follow it: a repeating part, or the fraction of a mixed number."""
        if self._next() == "." and self._next(1) == r"\overline":
            self._take()
            part += "."
        if self._next() == r"\overline" and "." in part:
            digits = "".join(self._parts[self._position : self._position + 4])
            value = repeating_decimal(part + digits)
            if value is None:
                raise _NotRational
            self._position += 4
            return value
        value = Fraction(part)
        if part.isdigit() and self._next() == r"\frac":
            return value + self._proper(self._atom())
        if part.isdigit() and self._next().isdigit() and self._next(1) == "/" and self._next(2).isdigit():
            top = Fraction(self._take())
            self._take("/")
            return value + self._proper(self._divided(top, Fraction(self._take())))
        return value

    @staticmethod
    def _proper(fraction: Fraction) -> Fraction:
        """Return the fraction of a mixed number. 2 3/2 is no mixed number: whether it is a product is anyone's guess."""
        if not 0 < fraction < 1:
            raise _NotRational
        return fraction

    def _braces(self) -> Fraction:
        self._take("{")
        value = self.sum()
        self._take("}")
        return value

    @staticmethod
    def _choose(top: Fraction, bottom: Fraction) -> Fraction:
        if top.denominator != 1 or bottom.denominator != 1 or not 0 <= bottom <= top <= _MAX_FACTORIAL:
            raise _NotRational
        return Fraction(math.comb(int(top), int(bottom)))

    @staticmethod
    def _divided(top: Fraction, bottom: Fraction) -> Fraction:
        if bottom == 0:
            raise _NotRational
        return top / bottom

    @staticmethod
    def _bounded(value: Fraction) -> Fraction:
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_BITS:
            raise _NotRational
        return value
