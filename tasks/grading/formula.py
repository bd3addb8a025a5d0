r"""Read plain algebra into sympy: sums, products, powers, roots, functions, letters, \pi, e, i. Worker processes only.

Most symbolic answers are such formulas, and the full grammar (ANTLR, in Python) needs 7 ms for one where this needs 0.3 ms.
What is ambiguous or beyond this (\log without a base, \sin^{-1}, f(x), 1/2x) is None here and is left to the full grammar.
"""

from typing import Any, Final

import sympy

from tasks.grading.latex import braced, tokens

_MAX_EXPONENT: Final = 400
_MAX_DEPTH: Final = 40
_FUNCTION_NAMES: Final = frozenset("fghFGHPQ")
_GREEK: Final = frozenset(
    f"\\{name}"
    for name in (
        "alpha",
        "beta",
        "delta",
        "epsilon",
        "theta",
        "lambda",
        "mu",
        "nu",
        "rho",
        "sigma",
        "tau",
        "phi",
        "omega",
        "Delta",
        "Omega",
    )
)
_FUNCTIONS: Final = {
    r"\sin": sympy.sin, r"\cos": sympy.cos, r"\tan": sympy.tan, r"\cot": sympy.cot, r"\sec": sympy.sec, r"\csc": sympy.csc,
    r"\arcsin": sympy.asin, r"\arccos": sympy.acos, r"\arctan": sympy.atan, r"\sinh": sympy.sinh, r"\cosh": sympy.cosh,
    r"\tanh": sympy.tanh, r"\ln": sympy.log, r"\exp": sympy.exp, r"\log": None,
}  # fmt: skip
_STARTS: Final = frozenset(("(", "{", r"\frac", r"\sqrt", r"\pi", *_GREEK, *_FUNCTIONS))
_ENDS: Final = frozenset(("", "+", "-", ")", "}", "|"))
"""What may follow a function's argument without parentheses, so that nobody reads `\\sin 2x` in two ways."""


class _BeyondThis(Exception):
    """The full grammar has to read it. Never leaves this module."""


def formula(latex: str, *, is_real: bool | None) -> Any:
    """Return the sympy expression of plain algebra, None for anything else. is_real: what letters stand for."""
    reader = _Reader(braced(tokens(latex)), is_real=is_real)
    try:
        value = reader.sum()
    except (_BeyondThis, RecursionError):
        return None
    return value if reader.next() == "" else None


class _Reader:
    """Recursive descent over tokens. Mutable: the position moves."""

    def __init__(self, parts: list[str], *, is_real: bool | None) -> None:
        self._parts = parts
        self._position = 0
        self._depth = 0
        self._is_real = is_real

    def next(self) -> str:
        """Return the token at the position, nothing at the end."""
        return self._parts[self._position] if self._position < len(self._parts) else ""

    def sum(self) -> Any:
        """Read terms joined by + and -."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _BeyondThis
        terms = [self._signed_product()]
        while self.next() in ("+", "-"):
            terms.append(self._signed_product())
        self._depth -= 1
        return sympy.Add(*terms)

    def _take(self, expected: str = "") -> str:
        part = self.next()
        if not part or (expected and part != expected):
            raise _BeyondThis
        self._position += 1
        return part

    def _signed_product(self) -> Any:
        sign = 1
        while self.next() in ("+", "-"):
            sign *= 1 if self._take() == "+" else -1
        return sign * self._product()

    def _product(self) -> Any:
        value = self._power()
        while True:
            following = self.next()
            if following == r"\cdot":
                self._take()
                value = value * self._factor()
            elif following == "/":
                self._take()
                divisor = self._factor()
                if divisor == 0 or self._starts_factor():
                    raise _BeyondThis  # 1/2x is read both ways
                value = value / divisor
            elif self._starts_factor():
                value = value * self._power()
            else:
                return value

    def _starts_factor(self) -> bool:
        following = self.next()
        return following in _STARTS or (len(following) == 1 and following.isascii() and following.isalpha())

    def _factor(self) -> Any:
        return -self._factor() if self.next() == "-" and self._take() else self._power()

    def _power(self) -> Any:
        base = self._atom()
        if self.next() == "^":
            self._take()
            exponent = self._braces()
            too_large = exponent.is_Rational and abs(exponent) > _MAX_EXPONENT and base != sympy.E
            if too_large or base == 0:
                raise _BeyondThis
            base = base**exponent
        if self.next() in ("^", "!", "'", "_", "["):
            raise _BeyondThis
        return base

    def _atom(self) -> Any:
        part = self._take()
        if part[0].isdigit() or (part[0] == "." and len(part) > 1):
            return self._number(part)
        if part == r"\frac":
            top, bottom = self._braces(), self._braces()
            if bottom == 0:
                raise _BeyondThis
            return top / bottom
        if part == r"\sqrt":
            return self._root()
        if part in ("(", "{"):
            value = self.sum()
            self._take(")" if part == "(" else "}")
            return value
        if part == "|":
            value = self.sum()
            self._take("|")
            return sympy.Abs(value)
        return self._function(part) if part in _FUNCTIONS else self._letter(part)

    def _function(self, name: str) -> Any:
        """Read a function's power, base and argument, in parentheses or as `2x` before a plus, a minus or the end."""
        power: Any = sympy.Integer(1)
        base: Any = None
        if self.next() == "^":
            self._take()
            power = self._braces()
            if not (power.is_Integer and power > 0):
                raise _BeyondThis  # \\sin^{-1} is the inverse
        if self.next() == "_" and name == r"\log":
            self._take()
            base = self._braces()
        if name == r"\log" and base is None:
            raise _BeyondThis  # natural or decimal, depending on the author
        is_delimited = self.next() in ("(", "{", "|")
        argument = self._atom() if is_delimited else self._bare_argument()
        if is_delimited and self.next() == "^":
            raise _BeyondThis
        value = sympy.log(argument) / sympy.log(base) if base is not None else _FUNCTIONS[name](argument)
        return value**power

    def _bare_argument(self) -> Any:
        value = self._atom()
        while self.next() not in _ENDS:
            if self.next() in _FUNCTIONS or not (self._starts_factor() and self.next() not in ("(", "{")):
                raise _BeyondThis
            value = value * self._atom()
        return value

    def _number(self, part: str) -> Any:
        if len(part) > 400 or self.next() in ("!", "_", ",") or (self.next()[:1].isdigit()):
            raise _BeyondThis
        value = sympy.Rational(*_ratio(part))
        if part.isdigit() and self.next() == r"\frac":
            fraction = self._atom()
            if not (fraction.is_Rational and 0 < fraction < 1):
                return value * fraction
            return value + fraction  # a mixed number
        return value

    def _root(self) -> Any:
        degree: Any = sympy.Integer(2)
        if self.next() == "[":
            self._take()
            degree = sympy.Rational(*_ratio(self._take()))
            self._take("]")
        if not (degree.is_Integer and 2 <= degree <= 100):
            raise _BeyondThis
        return sympy.Pow(self._braces(), 1 / degree)

    def _letter(self, part: str) -> Any:
        if part == r"\pi":
            return sympy.pi
        if part in ("e", "i"):
            return sympy.E if part == "e" else sympy.I
        if part not in _GREEK and not (len(part) == 1 and part.isascii() and part.isalpha()):
            raise _BeyondThis
        if part in _FUNCTION_NAMES and self.next() == "(":
            raise _BeyondThis
        name = part.removeprefix("\\")
        if self.next() == "_":
            name += self._subscript()
        return sympy.Symbol(name, real=self._is_real)

    def _subscript(self) -> str:
        """Read a subscript as a part of the letter's name."""
        self._take("_")
        self._take("{")
        written = ""
        while self.next() != "}":
            part = self._take()
            if not part.isalnum():
                raise _BeyondThis
            written += part
        self._take("}")
        return f"_{written}"

    def _braces(self) -> Any:
        self._take("{")
        value = self.sum()
        self._take("}")
        return value


def _ratio(text: str) -> tuple[int, int]:
    """Return numerator and denominator of a decimal numeral."""
    whole, _, decimals = text.partition(".")
    if not (whole + decimals).isdigit():
        raise _BeyondThis
    return int(whole + decimals), 10 ** len(decimals)
