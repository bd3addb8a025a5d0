"""What equals what under the default policy: pairs of one structure, one number, one text."""

import pytest

from tasks.grading.equality.algebra import NumericAlgebra
from tasks.grading.equality.decision import Decision
from tasks.grading.equality.table import decide as decide_under
from tasks.grading.settings import GradingSettings


def decide(answer: str, reference: str) -> Decision:
    return decide_under(answer, reference, GradingSettings(), NumericAlgebra())


EQUAL = [
    ("53", "53.0"), ("-0.5", r"-\frac{1}{2}"), (r"\frac{-8}{5}", r"-\dfrac85"), (r"\tfrac34", "3/4"), ("3½", r"3\frac{1}{2}"),
    (r"7 \frac{1}{3}", "22/3"), ("7 1/3", r"\frac{22}{3}"), (r"-2\frac12", "-2.5"), (".5", "0.50"), ("1,234,567", "1234567"),
    (r"6,\!000", "6000"), ("6{,}000", "6000"), (r"10\,080", "10080"), ("12 345", "12345"), (r"0.\overline{3}", "1/3"),
    (r"0.1\overline{6}", r"\frac16"), (r"1.2\times 10^{-3}", "0.0012"), ("1e-05", "0.00001"), ("2**10", "1024"),
    (r"\frac{8!}{2^3}", "5040"),
    (r"\binom{5}{2}", "10"), ("−5", "-5"), ("x²+1", "x^{2}+1"), (r"$\boxed{5}$.", "5"), (r"\[ 5 \]", "5"),
    ("twenty-five", "25"),
    ("two hundred five", "205"), (r"\text{seven}", "7"), ("three quarters", "3/4"), (r"\text{(B)}", "B"), ("(C)", "C."),
    (r"\text{Evelyn}", "evelyn"), ("No solution", r"\text{no solution}"), (r"\text{YES}", "yes."),
    (r"\left( 1, 2 \right)", "(1,2)"), (r"\{1,2,3\}", r"\left\{3, 1, 2\right\}"), ("1, -2", "-2 and 1"),
    ("5or9", "9, 5"), (r"\{2, 3\}", "3,2"),
    (r"1 \pm 3", "4, -2"), (r"0,\pm1", "-1,0,1"), ("x=5", "5"), ("x = 1, x = 2", "x=2,1"), (r"f(x)=x^2", "x^{2}"),
    (r"\varnothing", r"\emptyset"), (r"\{\}", "∅"), (r"(-\infty, 3)", "x < 3"), (r"[3,\infty)", r"x \ge 3"),
    (r"-2 \le x < 1", "[-2,1)"),
    (r"3 > x \geq 1", "[1,3)"), (r"\{x | -2\leqx<1\}", "[-2,1)"), (r"x \in [0, 1]", "[0,1]"), (r"(e,\infty)", "e < x"),
    (r"(-\infty,-1)\cup(3,+\infty)", "x<-1 or x>3"), (r"(3,\infty) \cup (-\infty,-1)", r"(-\infty,-1)\cup(3,\infty)"),
    ("204_5", "204_{5}"), ("204 (base 5)", r"204_{\text{five}}"), (r"40\%", "40 percent"), ("40.0%", r"40 \%"),
    (r"5\text{ cm}", "5"), (r"5\text{ cm}", "0.05 m"), ("5 centimeters", r"5\mathrm{~cm}"),
    (r"22.1cm^{2}", r"22.1 \text{ square cm}"),
    (r"\$18.90", "18.90"), ("$18.90", "18.9 dollars"), (r"1890\text{ cents}", r"\$18.90"),
    ("60 mph", r"60\text{ miles per hour}"), (r"\text{5 meters per second}", "5 m/s"),
    ("12 apples", "12"), (r"60^\circ", "60 degrees"), ("60°", r"60^{\circ}"), ("3:2", "3 : 2"),
    (r"\mathbb{R}", "all real numbers"), ("{1, 2}", r"\{2,1\}"), (r"\text{6 cm}", "6"), (r"5\\", "5"), ("x=1, y=2", "1, 2"),
    ("y=2, x=1", "x=1,y=2"),
    (r"\begin{pmatrix} 1 \\ -2 \end{pmatrix}", r"\left[\begin{array}{c}1\\-2\end{array}\right]"),
    (r"x\lnx", r"x \ln x"), (r"\frac12 \cdotx", r"\dfrac{1}{2}\cdot x"), ("11x+86=0", "11x + 86 = 0"), ("x+y>3", "3 < x + y"),
    ("\tfrac{1}{2}", "1/2"), (r"\frac{1}{2}\text{ or }\frac13", "1/3, 1/2"),
]  # fmt: skip

DIFFERENT = [
    ("x=5", "y=5"),
    ("82", "0.82"), ("1000000", "1000001"), ("5", "-5"), ("12", "21"),
    (r"\frac23", r"\frac32"),
    ("(1,2)", "[1,2]"), ("(1,2)", "(1,2]"), ("(1,2)", "(2,1)"), ("(1,2)", "(1,2,3)"), (r"[3,\infty)", "x > 3"),
    ("x<1", r"x\le 1"),
    ("1,1,2", "1,2"), (r"\{1,1,2\}", r"\{1,2,2\}"), ("1,2", "1,3"), ("204_5", "204_6"), ("5 cm", "5 m"),
    (r"5\text{ cm}", r"5\text{ cm}^2"),
    (r"\$5", "5 cents"), ("5 apples", "5 pears"), ("5 kg", "5 hours"), ("5am", "5pm"), ("40%", "41%"), ("A", "B"), ("(A)", "B"),
    (r"\text{even}", r"\text{odd}"), ("Evelyn", "5"), ("3:2", "2:3"), ("twenty-five", "52"),
    (r"0.\overline{12}", r"0.\overline{21}"), ("7 1/3", "71/3"), ("100,200", "100"),
    (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", r"\begin{pmatrix} 2 \\ 1 \end{pmatrix}"),
    (r"(-\infty,1)\cup(3,\infty)", r"(-\infty,1)\cup[3,\infty)"),
]  # fmt: skip

UNDECIDED = [
    ("50%", "50"), ("204_5", "204"), ("", ""), ("5", " "), ("(B)", "12"), ("(1,2)", "1,2"), ("6m", "6"),
    ("x=1, y=2", "2, 1"), ("0.333...", "1/3"), (r"0.333\ldots", "1/3"), ("5m/s", "5"),
    ("The smallest such number of moves is 9", "9"), (r"\text{No solution}", r"\emptyset"), ("x" * 5000, "y"),
    (r"\sqrt" * 900, "y"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_equal_answers_are_equal_both_ways(one: str, other: str) -> None:
    assert decide(one, other).equal is True
    assert decide(other, one).equal is decide(one, other).equal


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_answers_are_refused_both_ways(one: str, other: str) -> None:
    assert decide(one, other).equal is False
    assert decide(other, one).equal is decide(one, other).equal


@pytest.mark.parametrize(("one", "other"), UNDECIDED)
def test_what_cannot_be_decided_is_neither_right_nor_wrong(one: str, other: str) -> None:
    assert decide(one, other).equal is None


def test_the_method_that_decided_is_named() -> None:
    pairs = [
        ("(1,2)", "[1,2]"),
        ("1,2", "1,2,3"),
        ("12_5", "12_6"),
        ("5 cm", "5 kg"),
        ("5%", "7"),
        ("2.0", "2"),
        (r"\sqrt8", r"2\sqrt2"),
    ]
    assert [decide(*pair).method for pair in pairs] == ["bracket", "count", "base", "unit", "percent", "rational", "symbolic"]


def test_every_decision_says_why() -> None:
    for one, other in (*EQUAL, *DIFFERENT, *UNDECIDED):
        assert decide(one, other).why
