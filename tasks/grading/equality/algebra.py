"""Decide whether two formulas are equal: by their values at points, to far more digits than a coincidence would have.

Letters are positive where roots, logarithms or broken powers of them ask for it; else their signs are mixed. A difference at
one point is a proof; agreement to 190 digits and more at several points is taken for one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any, Final, Protocol

import mpmath

from tasks.grading.equality.families import additive_constant, constant_names, may_be_renamed
from tasks.grading.equality.numeric import MIN_BITS, BeyondPrecision, NoValueHere, evaluate, needed_bits, pseudo_random
from tasks.grading.values.expressions import (
    Expression,
    Function,
    Number,
    Opaque,
    Power,
    Product,
    Sum,
    letters,
    negative,
    renamed,
    walk,
)


class Algebra(Protocol):
    """What the comparison of structures needs to know about formulas. Any method may raise to leave a pair to a worker."""

    def equal(self, left: Expression, right: Expression) -> bool | None:
        """Return whether two formulas are equal, None where that cannot be decided."""
        ...

    def proportional(self, left: Expression, right: Expression) -> int | None:
        """Return the sign of the constant that left / right is, 0 where it is none, None where that cannot be decided."""
        ...

    def value(self, expression: Expression) -> float | None:
        """Return the value of a formula without letters as a float, None where it has none."""
        ...


_FIGURES: Final = (r"\angle", r"\triangle", r"\overline")
_WITH_LIMITS: Final = (r"\int", r"\iint", r"\iiint", r"\oint", r"\sum", r"\prod", r"\lim")
_LARGEST_FLOAT: Final = 10**300
_N_POINTS: Final = 5
_SCALES: Final = ((1, 1), (7, 2), (1, 5), (23, 1), (3, 1), (101, 1))
"""Points are spread from a fifth to a hundred, so that branches of roots show."""
_LARGEST_WHOLE: Final = 15


@dataclass(frozen=True, slots=True)
class NumericAlgebra:
    """Algebra by evaluation, in the process that calls it."""

    def equal(self, left: Expression, right: Expression) -> bool | None:
        """Return whether two formulas are equal, None where that cannot be decided."""
        if left == right:
            return True
        if isinstance(left, Opaque) and isinstance(right, Opaque):
            return _same_figure(left.text, right.text)
        try:
            with mpmath.workprec(needed_bits(left, right)):
                return _equal(left, right)
        except BeyondPrecision:
            return False if _clearly_different(left, right) else None

    def proportional(self, left: Expression, right: Expression) -> int | None:
        """Return the sign of the constant that left / right is, 0 where it is none, None where that cannot be decided."""
        try:
            with mpmath.workprec(needed_bits(left, right)):
                return _proportional(left, right)
        except BeyondPrecision:
            return None

    def value(self, expression: Expression) -> float | None:
        """Return the value of a formula without letters as a float, None where it has none."""
        try:
            with mpmath.workprec(needed_bits(expression)):
                value = evaluate(expression, {})
                is_float = _is_real(value) and abs(value) < _LARGEST_FLOAT
                return float(mpmath.re(value)) if is_float else None
        except (BeyondPrecision, NoValueHere, KeyError):
            return None


def _same_figure(left: str, right: str) -> bool | None:
    r"""Return whether \angle ABC and \angle CBA are one angle; None for limits, sums and integrals."""
    (kind, *corners), (other_kind, *other_corners) = (
        re.findall(r"\\[a-zA-Z]+?(?=[A-Z{]|$)|[A-Z]|[^A-Z]+", text) for text in (left, right)
    )
    if kind in _FIGURES and kind == other_kind:
        return (
            sorted(corners) == sorted(other_corners)
            if kind == r"\triangle"
            else corners in (other_corners, other_corners[::-1])
        )
    if not left.startswith(_WITH_LIMITS) or not right.startswith(_WITH_LIMITS):
        return False
    pieces, other_pieces = (re.findall(r"\\[a-zA-Z]+|\d+|.", text) for text in (left, right))
    n_different = sum(piece != other for piece, other in zip(pieces, other_pieces, strict=False))
    return False if len(pieces) == len(other_pieces) and n_different == 1 else None


def _clearly_different(left: Expression, right: Expression) -> bool:
    """Return whether two formulas beyond any precision differ in their first digits, computed twice to be sure."""
    point = _points(sorted(letters(left) | letters(right)), mixed=False)[0]
    values = []
    for bits in (MIN_BITS, 3 * MIN_BITS):
        try:
            with mpmath.workprec(bits):
                values.append((evaluate(left, point), evaluate(right, point)))
        except (BeyondPrecision, NoValueHere):
            return False
    (one, other), (sure_one, sure_other) = values
    with mpmath.workprec(MIN_BITS):
        are_sure = _near(one, sure_one) and _near(other, sure_other)
        return are_sure and not _near(one, other)


def _near(one: Any, other: Any) -> bool:
    return bool(abs(one - other) <= mpmath.ldexp(max(abs(one), abs(other)), -MIN_BITS // 4))


def _equal(left: Expression, right: Expression) -> bool | None:
    names = sorted(letters(left) | letters(right))
    if any(_counts(node) for side in (left, right) for node in walk(side)):
        return _as_whole_numbers(left, right, names)
    decided = _agree(left, right, _points(names, mixed=False))
    if decided is True and names:
        return _with_signs(left, right, names)
    if decided is False and names:
        decided = _as_whole_numbers(left, right, names)
        if decided is False and may_be_renamed(left, right):
            decided = _as_families(left, right)
    has_limits = any(
        isinstance(node, Opaque) and node.text.startswith(_WITH_LIMITS) for side in (left, right) for node in walk(side)
    )
    return None if decided is False and has_limits else decided


def _with_signs(left: Expression, right: Expression, names: Sequence[str]) -> bool | None:
    """Return True, after a look at negative values where the formulas have any there."""
    asks_for_positive = any(_asks_for_positive(node) for side in (left, right) for node in walk(side))
    has_bars = any(isinstance(node, Function) and node.name in ("abs", "sgn") for side in (left, right) for node in walk(side))
    if asks_for_positive and not has_bars:
        return True
    if _agree(left, right, _points(names, mixed=True)) is not False:
        return True
    return None if asks_for_positive else False


def _asks_for_positive(node: Expression) -> bool:
    """Return whether a formula makes its author think of positive letters: a root, a logarithm or a broken power of letters."""
    match node:
        case Power(base, exponent):
            return bool(letters(base)) and not (isinstance(exponent, Number) and exponent.value.denominator == 1)
        case Function("ln" | "root", arguments):
            return any(letters(argument) for argument in arguments)
        case _:
            return False


def _points(names: Sequence[str], *, mixed: bool) -> list[dict[str, Any]]:
    points = []
    for index in range(_N_POINTS if names else 1):
        point = {}
        for name in names:
            top, bottom = _SCALES[index % len(_SCALES)]
            value = pseudo_random(f"{name} {index}") * top / bottom
            point[name] = -value if mixed and pseudo_random(f"sign of {name} {index}") > 1.5 else value
        if mixed and all(value > 0 for value in point.values()):
            point = {name: -value for name, value in point.items()}
        points.append(point)
    return points


def _agree(left: Expression, right: Expression, points: Sequence[dict[str, Any]]) -> bool | None:
    """Return whether two formulas agree at every point where both have a value; real values count before complex ones."""
    found: dict[bool, list[bool]] = {True: [], False: []}
    for point in points:
        try:
            one, other = evaluate(left, point), evaluate(right, point)
        except NoValueHere:
            continue
        are_real = _is_real(one) and _is_real(other)
        found[are_real].append(_close(one, other))
        if are_real and not found[True][-1]:
            return False
    verdicts = found[True] or found[False]
    return all(verdicts) if verdicts else None


def _is_real(value: Any) -> bool:
    return bool(abs(mpmath.im(value)) <= mpmath.ldexp(max(abs(value), 1), -mpmath.mp.prec // 2))


def _close(one: Any, other: Any) -> bool:
    """Return whether two values differ by no more than rounding: three quarters of the working precision."""
    size = max(abs(one), abs(other), 1)
    return bool(abs(one - other) <= mpmath.ldexp(size, -3 * mpmath.mp.prec // 4))


def _as_whole_numbers(left: Expression, right: Expression, names: Sequence[str]) -> bool | None:
    """Return whether formulas with (-1)^n, cos(n pi), factorials or gcd agree for whole numbers."""
    whole = sorted({name for side in (left, right) for node in walk(side) for name in _whole_letters(node)})
    if not whole:
        return False
    points = []
    for index, point in enumerate(_points(names, mixed=False)):
        chosen = {name: mpmath.floor(_LARGEST_WHOLE * pseudo_random(f"whole {name} {index}")) for name in whole}
        points.append(point | chosen)
    return _agree(left, right, points)


def _counts(node: Expression) -> bool:
    """Return whether a formula counts things, so that its letters are whole numbers: factorials and binomials of letters."""
    return (
        isinstance(node, Function)
        and node.name in ("factorial", "double_factorial", "binomial", "gcd", "lcm")
        and bool(letters(node))
    )


def _whole_letters(node: Expression) -> frozenset[str]:
    match node:
        case Power(Product((Number(value), Number())) | Number(value), exponent) if value < 0:
            return letters(exponent)
        case Function("sin" | "cos" | "tan", (argument,)) if "pi" in repr(argument):
            return letters(argument) & frozenset("nkmjlN")
        case Function("gcd" | "lcm" | "factorial" | "binomial" | "mod", arguments):
            return frozenset[str]().union(*map(letters, arguments))
        case _:
            return frozenset()


def _as_families(left: Expression, right: Expression) -> bool | None:
    """Return whether two families are one: other names of parameters, or a +C that absorbs the difference."""
    one, other = letters(left) - letters(right), letters(right) - letters(left)
    shared = sorted(constant_names(left) & constant_names(right))
    attempts = (
        [dict(zip(sorted(other), order, strict=True)) for order in permutations(sorted(one))] if len(one) == len(other) else []
    )
    attempts += [dict(zip(shared, order, strict=True)) for order in permutations(shared) if len(shared) > 1]
    for names in attempts:
        mapped = renamed(right, names)
        if _agree(left, mapped, _points(sorted(letters(left) | letters(mapped)), mixed=False)):
            return True
    return _absorbed(left, right)


def _absorbed(left: Expression, right: Expression) -> bool | None:
    """Return True where two antiderivatives with +C differ by a constant, None where only one of them has a +C."""
    constants = additive_constant(left), additive_constant(right)
    if constants == ("", ""):
        return False
    difference = Sum((_without(left, constants[0]), negative(_without(right, constants[1]))))
    names = sorted(letters(difference))
    values = []
    for point in _points(names, mixed=False):
        try:
            values.append(evaluate(difference, point))
        except NoValueHere:
            continue
    if len(values) < 3 or not all(_close(values[0], value) for value in values[1:]):
        return False
    return True if all(constants) else None


def _without(expression: Expression, constant: str) -> Expression:
    """Return a sum without its constant of integration."""
    if constant and isinstance(expression, Sum):
        return Sum(tuple(term for term in expression.terms if letters(term) != {constant}))
    return expression


def _proportional(left: Expression, right: Expression) -> int | None:
    names = sorted(letters(left) | letters(right))
    ratios = []
    for point in _points(names, mixed=False):
        try:
            one, other = evaluate(left, point), evaluate(right, point)
        except NoValueHere:
            continue
        if _close(other, 0) or _close(one, 0):
            if not (_close(one, 0) and _close(other, 0)):
                return 0
            continue
        ratios.append(one / other)
    if not ratios:
        return None
    same = all(_close(ratios[0], ratio) for ratio in ratios[1:])
    if not same or not _is_real(ratios[0]):
        return 0
    return 1 if mpmath.re(ratios[0]) > 0 else -1
