"""Read digits exactly: decimals, exponents, and fractions of whole numbers."""

from fractions import Fraction

from tasks.grading.reading.lexing.cursor import NotFormula
from tasks.grading.values.expressions import Expression, Number, Power, Product


def numeral(text: str) -> Number:
    """Return an exact number from digits, decimals and an exponent."""
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > 4000 or abs(int(exponent or 0)) > 4000:
        raise NotFormula("a number too long")
    places = len(mantissa.partition(".")[2]) if "." in mantissa and not mantissa.endswith(".") else None
    return Number(Fraction(mantissa.rstrip(".")) * Fraction(10) ** int(exponent or 0), places)


def whole_fraction(fraction: Expression) -> tuple[int, int]:
    """Return numerator and denominator of a fraction of whole numbers, (0, 1) of any other."""
    match fraction:
        case Product((Number(top), Power(Number(bottom), _))) if top.denominator == bottom.denominator == 1:
            return int(top), int(bottom)
        case _:
            return 0, 1
