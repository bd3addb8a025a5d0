"""Grading is reflexive and symmetric, exact, and raises on nothing that a model may write."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.grading.compare import decide
from tasks.grading.latex import braced, tokens
from tasks.grading.normalise import normalise
from tasks.grading.rationals import rational
from tasks.grading.reader import read
from tasks.grading.words import number_in_words

FRAGMENTS = st.sampled_from(
    [r"\frac", r"\sqrt", r"\left(", r"\right)", r"\{", r"\}", r"\text{", r"\pi", r"\infty", r"\cup", r"\le", r"\in",
    r"\pm", r"\%", r"\$",
     r"\begin{pmatrix}", r"\end{pmatrix}", r"\\", "&", "{", "}", "(", ")", "[", "]", "^", "_", "=", "<", ",", ";", ":",
     ".", "+", "-", "/", "*",
     "!", "|", "x", "y", "e", "i", "12", "3.5", "0", "or", " and ", " ", "$", "cm", "base 5", "°", "½", "²",
     r"\overline{3}", "~", r"\boxed{", "\t", "\\"]
)  # fmt: skip
ANSWERS = st.one_of(st.lists(FRAGMENTS, max_size=14).map("".join), st.text(max_size=30))
NUMBERS = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=5000)


def undecided(_left: str, _right: str) -> bool | None:
    return None


@given(ANSWERS)
@settings(max_examples=400, deadline=None)
def test_every_answer_equals_itself_unless_it_is_empty(answer: str) -> None:
    assert decide(answer, answer, undecided).equal is (True if answer.strip() else None)


@given(ANSWERS, ANSWERS)
@settings(max_examples=400, deadline=None)
def test_the_order_of_the_two_answers_does_not_matter(one: str, other: str) -> None:
    assert decide(one, other, undecided) == decide(other, one, undecided)


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
        assert rational(braced(tokens(normalise(spelling)))) == number


@given(NUMBERS, NUMBERS)
def test_two_numbers_are_equal_only_if_their_values_are(one: Fraction, other: Fraction) -> None:
    assert decide(str(one), str(other), undecided).equal is (one == other)


@given(st.integers(0, 10**9), st.integers(1, 4))
def test_separators_of_thousands_change_no_value(number: int, n_decimals: int) -> None:
    grouped = f"{number:,}" + "." + "0" * n_decimals
    assert decide(grouped, str(number), undecided).equal is True


@given(st.text(alphabet=" -abcdefghijklmnopqrstuvwxyz", max_size=30))
def test_number_words_never_raise(text: str) -> None:
    number_in_words(text)


def test_power_towers_and_long_numerals_are_no_numbers_rather_than_a_full_memory() -> None:
    for text in (r"9^{9^{9^9}}", "100000!", r"2^{99999999}", "7" * 5000, r"\binom{99999}{5000}"):
        assert rational(braced(tokens(normalise(text)))) is None
