r"""Compare two LaTeX expressions with math-verify. Runs in worker processes only: importing it imports sympy.

Decimals become fractions first, so that no floating point and no tolerance takes part: 0.333333 is not 1/3. Expressions are
parsed by a grammar (latex2sympy2_extended, ANTLR), never by Python's parser; `forbid_evaluation` makes sure of it.
"""

import cmath
import re
import sys
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

import sympy
from latex2sympy2_extended.latex2sympy2 import ConversionConfig, _Latex2Sympy
from math_verify import verify

from tasks.grading.formula import formula


class _ExactGrammar(_Latex2Sympy):  # type: ignore[misc]
    """The library's grammar, but with numerals read exactly.

    The library's own reading is sympy.Number(text), which hands the text to Python's eval, and is slow.
    """

    def parse_number(self, text: str) -> Any:
        """Return a numeral as an exact sympy number."""
        if not _NUMERAL.fullmatch(text):
            raise ValueError(f"no plain decimal: {text[:40]!r}")  # 1E999999999 would fill the memory
        return sympy.Rational(Fraction(text))


_NUMERAL = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_DECIMAL = re.compile(r"(\d*)\.(\d+)")
_CONFIG: Final = ConversionConfig(lowercase_symbols=False)
_POINTS: Final = tuple(sympy.Rational(*pair) for pair in ((137, 100), (271, 97), (53, 61), (419, 211), (31, 43)))
_TOLERANCE: Final = 1e-9
"""Relative. What differs by less is left to math-verify, which is exact; see _clearly_different."""
_MAX_VARIABLES: Final = 12
_EXAMPLES: Final = (
    (r"\frac{x^{2}-1}{x-1}", "x+1"),
    (r"\sin^{2}x+\cos^{2}x", "1"),
    (r"\log_{2}(8)", r"\sqrt{9}"),
    ("x=2y", "y=x/2"),
    ("x<1", "1>x"),
)
_SMALLEST: Final = 1e-250
_MISREADABLE = re.compile(
    r"\\(?:text|overline|int|sum|prod|lim|mathbb|cap|setminus|emptyset|vec)(?![a-zA-Z])|(?<![\\a-zA-Z])[a-zA-Z]{4,}"
)
"""Words, integrals, sets: equality found is trusted, a difference is not, as the grammar may have read a product of letters."""
_BARE_LOG = re.compile(r"\\log(?!_)")
"""Decimal to math-verify, natural to many authors."""
_IMAGINARY = re.compile(r"[izw]")
_COMMAND = re.compile(r"\\[a-zA-Z]+")


class EvaluationForbidden(RuntimeError):
    """Something tried to compile text as Python code."""


def warm_up() -> None:
    """Make sympy do what it does on first use: import modules, and write code for polynomials in up to twelve variables."""
    for n_variables in range(1, _MAX_VARIABLES + 1):
        sympy.ring(sympy.symbols(f"x:{n_variables}"), sympy.QQ)
    for left, right in _EXAMPLES:
        equal(left, right)


def forbid_evaluation() -> None:
    """Refuse from now on, in this process, to compile strings as Python code, to start programs and to open sockets."""

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "compile" and str(args[1]).startswith("<") and not str(args[1]).startswith("<frozen"):
            raise EvaluationForbidden("a comparison tried to evaluate text as Python code")
        if event in ("os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "socket.connect", "os.fork"):
            raise EvaluationForbidden(f"a comparison tried {event}")

    sys.addaudithook(hook)


def equal(left: str, right: str) -> bool | None:
    """Return whether two expressions or equations are equal, None where they cannot be read or may have been misread."""
    decided = _compared(left, right)
    misread = any(_MISREADABLE.search(side) for side in (left, right))
    decimal_log = bool(_BARE_LOG.search(left)) != bool(_BARE_LOG.search(right))
    return None if decided is False and (misread or decimal_log) else decided


def _compared(left: str, right: str) -> bool | None:
    is_real = None if _IMAGINARY.search(_COMMAND.sub("", left + " " + right)) else True
    one, other = formula(left, is_real=is_real), formula(right, is_real=is_real)
    if one is None or other is None:
        one, other = parsed(left, is_real=is_real), parsed(right, is_real=is_real)
    if one is None or other is None:
        return None
    if isinstance(one, sympy.Eq) and isinstance(other, sympy.Eq):
        return _equations_equal(one, other)
    if one == other:
        return True
    if _clearly_different(one, other):
        return False
    return bool(verify(one, other, timeout_seconds=None, raise_on_error=True))


@lru_cache(maxsize=512)
def parsed(latex: str, *, is_real: bool | None) -> Any:
    """Return what the full grammar reads, None where it cannot. i is the imaginary unit, but not in a sum over i."""
    exact = _DECIMAL.sub(lambda match: rf"\frac{{{int((match[1] or '0') + match[2])}}}{{{10 ** len(match[2])}}}", latex)
    try:
        expression = _ExactGrammar(is_real=is_real, config=_CONFIG).parse(exact)
    except (EvaluationForbidden, MemoryError, RecursionError):
        raise
    except Exception:  # noqa: BLE001 - the grammar raises bare Exception for whatever it cannot read
        return None
    if isinstance(expression, sympy.Expr) and not expression.has(sympy.Sum, sympy.Product):
        return expression.subs(sympy.Symbol("i", real=is_real), sympy.I)
    return expression


def _clearly_different(left: Any, right: Any) -> bool:
    """Return whether two expressions differ at one point by far more than rounding: cheap, and settles most wrong answers."""
    if not isinstance(left, sympy.Expr) or not isinstance(right, sympy.Expr):
        return False
    symbols = sorted(left.free_symbols | right.free_symbols, key=str)
    point = dict(zip(symbols, _POINTS * (len(symbols) // len(_POINTS) + 1), strict=False))
    try:
        one, other = (complex(side.evalf(15, subs=point)) for side in (left, right))
        if max(abs(one), abs(other)) < _SMALLEST:  # beyond what a float can tell from zero
            ratio = complex(((left - right) / (abs(left) + abs(right))).evalf(15, subs=point))
            return abs(ratio) > _TOLERANCE
    except (TypeError, ValueError, ArithmeticError, AttributeError, NotImplementedError):
        return False  # no number comes out of it, or none that a float can hold
    if not (cmath.isfinite(one) and cmath.isfinite(other)):
        return False
    return abs(one - other) > _TOLERANCE * max(abs(one), abs(other))


def _equations_equal(one: Any, other: Any) -> bool | None:
    """Return whether two equations differ by a constant factor alone; None where that does not settle it."""
    left, right = one.lhs - one.rhs, other.lhs - other.rhs
    ratio = sympy.simplify(left / right)
    if ratio.is_number:
        return bool(ratio.is_finite and not ratio.is_zero)
    return False if left.is_polynomial() and right.is_polynomial() else None
