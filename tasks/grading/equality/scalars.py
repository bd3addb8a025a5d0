"""Decide whether two single values are equal: numbers, formulas, decimals, percent and units, under the policy."""

from fractions import Fraction
from typing import Final

from tasks.grading.equality.algebra import Algebra
from tasks.grading.equality.decision import Decision
from tasks.grading.reading.structures import is_infinite
from tasks.grading.settings import GradingSettings
from tasks.grading.values.expressions import Constant, Expression, Number, Product, letters, walk
from tasks.grading.values.printing import brief, shown_number
from tasks.grading.values.types import Scalar
from tasks.grading.values.unit import Unit

_THREE_DIGITS: Final = 100
"""Decimals with fewer digits fit so many values that rounding to one of them says nothing."""
_FIFTEEN_DIGITS: Final = 10**14
_FLOAT_ERROR: Final = Fraction(1, 10**12)
"""Relative. What Python prints of a float is off by 1e-16, and by a little more after some steps."""
_SHORT_BITS: Final = 40
"""A float stands for a number that people write; for one with many digits it is only another number near by."""
_SHORT_DECIMAL: Final = 10**6


def scalars_equal(answer: Scalar, reference: Scalar, policy: GradingSettings, algebra: Algebra) -> Decision:
    """Return whether two values are equal, percent signs and units included."""
    if answer.percent != reference.percent:
        return _percent(answer, reference, policy, algebra)
    if answer.unit is not None or reference.unit is not None:
        return _measured(answer, reference, policy, algebra)
    return _values(answer, reference, policy, algebra)


def _values(answer: Scalar, reference: Scalar, policy: GradingSettings, algebra: Algebra) -> Decision:
    """Return whether two values are equal apart from percent signs and units."""
    if answer.expression == reference.expression:
        return Decision(True, "exact", "both are written alike")
    if answer.number is not None and reference.number is not None:
        if answer.number == reference.number:
            return Decision(True, "rational", f"both are {shown_number(answer.number)}")
        if _is_float_of(answer, reference.number) or _is_float_of(reference, answer.number):
            return Decision(True, "rounded", "one is the other as a float prints it")
        return _rounded(answer, reference, answer.number, policy, "rational")
    if is_infinite(answer.expression) or is_infinite(reference.expression):
        return Decision(False, "exact", "only one side is infinite, or their signs differ")
    for float_side, other in ((answer, reference), (reference, answer)):
        if float_side.number is not None and _is_float(float_side) and not letters(other.expression):
            return _against_float(float_side, other, algebra)
    equal = algebra.equal(answer.expression, reference.expression)
    if equal is False and reference.number is not None and policy.decimals == "as_shown":
        value = algebra.value(answer.expression) if not letters(answer.expression) else None
        if value is not None:
            return _rounded(answer, reference, Fraction(value), policy, "symbolic")
    why = {
        True: "both formulas have the same values",
        False: "the formulas have different values",
        None: "the formulas could not be compared",
    }
    return Decision(equal, "symbolic", why[equal])


def _places(expression: Expression) -> int | None:
    """Return how many decimal places a number was written with, None where it is no plain decimal."""
    if isinstance(expression, Number):
        return expression.places
    if isinstance(expression, Product) and len(expression.factors) == 2 and expression.factors[0] == Number(Fraction(-1)):
        return _places(expression.factors[1])
    return None


def _rounded(answer: Scalar, reference: Scalar, value: Fraction, policy: GradingSettings, method: str) -> Decision:
    """Return whether an exact answer rounds to the decimal that the reference shows; a refusal where it does not."""
    places = _places(reference.expression)
    refused = Decision(False, method, f"{brief(answer.written)} is not {brief(reference.written)}")
    if policy.decimals == "exact" or places is None or reference.number is None or not _is_exact_form(answer):
        return refused
    if abs(value - reference.number) > Fraction(1, 2 * 10**places):
        return refused
    if abs(reference.number * 10**places) < _THREE_DIGITS:
        return Decision(
            None, "rounded", f"{brief(answer.written)} rounds to {brief(reference.written)}, which shows too few digits to tell"
        )
    return Decision(
        True, "rounded", f"{brief(answer.written)} rounds to {brief(reference.written)}, all digits that the reference shows"
    )


def _is_exact_form(scalar: Scalar) -> bool:
    """Return whether a value is exact and no short decimal itself: 1/3, sqrt(2), but not 0.754 or 377/500."""
    if any(isinstance(node, Number) and node.places is not None for node in walk(scalar.expression)):
        return False
    return scalar.number is None or _SHORT_DECIMAL % scalar.number.denominator != 0


def _is_float(scalar: Scalar) -> bool:
    places = _places(scalar.expression)
    return places is not None and scalar.number is not None and abs(scalar.number * 10**places) >= _FIFTEEN_DIGITS


def _is_float_of(scalar: Scalar, number: Fraction) -> bool:
    """Return whether a value is a float's print of a number: 12.000000000000002 of 12."""
    is_short = max(number.numerator.bit_length(), number.denominator.bit_length()) <= _SHORT_BITS
    return (
        is_short
        and _is_float(scalar)
        and scalar.number is not None
        and abs(scalar.number - number) <= _FLOAT_ERROR * abs(number)
    )


def _against_float(float_side: Scalar, other: Scalar, algebra: Algebra) -> Decision:
    value = algebra.value(other.expression)
    if value is None:
        return Decision(None, "symbolic", "the formula has no value")
    number = float_side.number or Fraction(0)
    equal = abs(number - Fraction(value)) <= _FLOAT_ERROR * abs(number)
    return Decision(equal, "rounded", "one is the other as a float prints it" if equal else "the values differ")


def _percent(answer: Scalar, reference: Scalar, policy: GradingSettings, algebra: Algebra) -> Decision:
    """Compare a percent with a number that has no percent sign."""
    percent, bare = (answer, reference) if answer.percent else (reference, answer)
    if bare.unit is not None:
        return Decision(False, "percent", "a percent is no measured value")
    hundredth = Scalar(Product((percent.expression, Number(Fraction(1, 100)))), _over_100(percent.number), percent.written)
    pair = (hundredth, bare) if answer.percent else (bare, hundredth)
    if policy.percent != "strict":
        as_value = _values(*pair, policy, algebra)
        if as_value.equal is not False:
            return Decision(as_value.equal, "percent", f"{brief(percent.written)} has the value of {brief(bare.written)}")
    same = _values(Scalar(percent.expression, percent.number, percent.written), bare, policy, algebra)
    if same.equal and policy.percent == "loose":
        return Decision(True, "percent", "the percent sign is left out")
    is_doubt = same.equal is not False and policy.percent != "strict"
    return Decision(None if is_doubt else False, "percent", "only one side has a percent sign")


def _over_100(number: Fraction | None) -> Fraction | None:
    return None if number is None else number / 100


def _measured(answer: Scalar, reference: Scalar, policy: GradingSettings, algebra: Algebra) -> Decision:
    """Compare values with units: equal units or one missing; units of one dimension are converted."""
    one, other = answer.unit, reference.unit
    if one is None or other is None:
        return _unit_left_out(answer, reference, policy, algebra)
    if one.generic or other.generic:
        if _power_of(one) == _power_of(other):
            return _values(answer, reference, policy, algebra)
        return Decision(False, "unit", "the units have different dimensions")
    if one.dimensions != other.dimensions:
        return _other_unit(answer, reference, algebra)
    if one.factor == other.factor:
        return _values(answer, reference, policy, algebra)
    return _converted(answer, reference, one.factor / other.factor, policy, algebra)


def _power_of(unit: Unit) -> int:
    return unit.generic or (unit.dimensions[0][1] if len(unit.dimensions) == 1 and unit.dimensions[0][0] == "length" else 0)


def _converted(answer: Scalar, reference: Scalar, factor: Fraction, policy: GradingSettings, algebra: Algebra) -> Decision:
    number = None if answer.number is None else answer.number * factor
    in_other = Scalar(Product((answer.expression, Number(factor))), number, answer.written)
    decision = _values(in_other, Scalar(reference.expression, reference.number, reference.written), policy, algebra)
    return Decision(decision.equal, "unit", f"in the same unit {'they are equal' if decision.equal else 'they differ'}")


def _other_unit(answer: Scalar, reference: Scalar, algebra: Algebra) -> Decision:
    """Compare values whose units differ: as formulas where the letters may be variables, else they are not equal."""
    if answer.whole is not None and reference.whole is not None and not (answer.unit and answer.unit.certain):
        equal = algebra.equal(answer.whole, reference.whole)
        if equal:
            return Decision(True, "symbolic", "the same formula")
    nouns = [unit.dimensions[0][0][4:] for unit in (answer.unit, reference.unit) if unit and unit.is_noun]
    if len(nouns) == 2 and (nouns[0].endswith(nouns[1]) or nouns[1].endswith(nouns[0])):
        same = answer.number is not None and answer.number == reference.number
        return Decision(same, "unit", "one names the same things in more words" if same else "the numbers differ")
    return Decision(False, "unit", "the units measure different things")


def _unit_left_out(answer: Scalar, reference: Scalar, policy: GradingSettings, algebra: Algebra) -> Decision:
    measured, bare = (answer, reference) if answer.unit is not None else (reference, answer)
    unit = measured.unit
    assert unit is not None  # the caller has checked that one of them has a unit
    if measured.whole is not None and letters(bare.expression):
        equal = algebra.equal(measured.whole, bare.expression)
        return Decision(equal, "symbolic", "read as a formula" if equal else "as formulas they differ")
    if unit.is_degree and _has_pi(bare.expression):
        radians = Product((measured.expression, Constant("pi"), Number(Fraction(1, 180))))
        return Decision(algebra.equal(radians, bare.expression), "unit", "degrees and radians")
    decision = _values(answer, reference, policy, algebra)
    if not decision.equal:
        return decision
    if policy.units == "required":
        return Decision(False, "unit", "only one side has a unit")
    if not unit.certain:
        return Decision(None, "unit", f"what follows the number in {brief(measured.written)} may be a unit or not")
    return Decision(True, decision.method, f"{decision.why}; the unit is left out")


def _has_pi(expression: Expression) -> bool:
    return any(node == Constant("pi") for node in walk(expression))
