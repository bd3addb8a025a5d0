"""Grading is reflexive and, but for rounding, symmetric; exact; and raises on nothing that a model may write."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.grading.equality.algebra import NumericAlgebra
from tasks.grading.equality.table import decide as decide_under
from tasks.grading.reading.quantities.words import number_in_words
from tasks.grading.reading.reader import read
from tasks.grading.settings import GradingSettings
from tasks.grading.values.types import Scalar

FRAGMENTS = st.sampled_from(
    [r"\frac", r"\sqrt", r"\left(", r"\right)", r"\{", r"\}", r"\text{", r"\pi", r"\infty", r"\cup", r"\le", r"\in",
    r"\pm", r"\%", r"\$", r"\begin{pmatrix}", r"\end{pmatrix}", r"\\", "&", "{", "}", "(", ")", "[", "]", "^", "_",
    "=", "<", ",", ";", ":", ".", "+", "-", "/", "*", "!", "|", "x", "y", "e", "i", "12", "3.5", "0", "or", " and ", " ", "$",
    "cm", "base 5", "°", "½", "²", r"\overline{3}", "~", r"\boxed{", "\t", "\\",
    "Matrix(", "{x: ", "PM", " is ", "the", "$5", "ⅷ", "①", "million"]
)  # fmt: skip
ANSWERS = st.one_of(st.lists(FRAGMENTS, max_size=14).map("".join), st.text(max_size=30))
NUMBERS = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=5000)
EXACTLY = GradingSettings(decimals="exact")


class Undecided:
    """An algebra that knows nothing, so that only reading and structure are under test."""

    def equal(self, left: object, right: object) -> bool | None:
        return None

    def proportional(self, left: object, right: object) -> int | None:
        return None

    def value(self, expression: object) -> Fraction | None:
        return None


def decide(answer: str, reference: str) -> bool | None:
    return decide_under(answer, reference, EXACTLY, Undecided()).equal


@given(ANSWERS)
@settings(max_examples=400, deadline=None)
def test_every_answer_equals_itself_unless_there_is_none(answer: str) -> None:
    assert decide(answer, answer) is (None if read(answer) is None else True)


@given(ANSWERS, ANSWERS)
@settings(max_examples=400, deadline=None)
def test_the_order_of_the_two_answers_does_not_matter_but_for_rounding_and_printed_lists(one: str, other: str) -> None:
    one, other = one.replace("[", "("), other.replace("[", "(")
    assert decide(one, other) == decide(other, one)


@given(ANSWERS)
@settings(max_examples=400, deadline=None)
def test_whatever_is_written_is_read_without_an_exception(answer: str) -> None:
    read(answer)


@given(NUMBERS)
def test_each_spelling_of_a_number_has_its_exact_value(number: Fraction) -> None:
    sign = "-" if number < 0 else ""
    whole, rest = divmod(abs(number.numerator), number.denominator)
    spellings = [rf"{sign}\frac{{{abs(number.numerator)}}}{{{number.denominator}}}", f"{number.numerator}/{number.denominator}"]
    if whole and rest:
        spellings += [rf"{sign}{whole}\frac{{{rest}}}{{{number.denominator}}}", f"{sign}{whole} {rest}/{number.denominator}"]
    for spelling in spellings:
        value = read(spelling)
        assert isinstance(value, Scalar)
        assert value.number == number


@given(NUMBERS, NUMBERS)
def test_two_numbers_are_equal_only_if_their_values_are(one: Fraction, other: Fraction) -> None:
    assert decide(str(one), str(other)) is (one == other)


@given(st.integers(0, 10**9), st.integers(1, 4))
def test_separators_of_thousands_change_no_value(number: int, n_decimals: int) -> None:
    grouped = f"{number:,}" + "." + "0" * n_decimals
    assert decide(grouped, str(number)) is True


@given(st.floats(-1e9, 1e9, allow_nan=False))
def test_what_python_prints_of_a_float_is_the_number_it_stands_for(number: float) -> None:
    thirds = Fraction(round(number)) / 3
    assert decide_under(repr(float(thirds)), str(thirds), GradingSettings(), NumericAlgebra()).equal


@given(st.text(alphabet=" -abcdefghijklmnopqrstuvwxyz", max_size=30))
def test_number_words_never_raise(text: str) -> None:
    number_in_words(text)


def test_power_towers_and_long_numerals_are_no_numbers_rather_than_a_full_memory() -> None:
    for text in (r"9^{9^{9^9}}", "100000!", r"2^{99999999}", "7" * 5000, r"\binom{99999}{5000}"):
        value = read(text)
        assert not isinstance(value, Scalar) or value.number is None
