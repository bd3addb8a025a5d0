"""The judge of formulas: what a worker of grading/pool.py compares with."""

from collections.abc import Callable

from tasks.grading.equality.algebra import NumericAlgebra
from tasks.grading.equality.decision import Decision
from tasks.grading.equality.table import decide
from tasks.grading.settings import GradingSettings


def open_judge(settings: GradingSettings) -> Callable[[str, str], Decision]:
    """Return the comparison of two answers of mathematics, tried once so that the first one pays for no start."""

    def judge(answer: str, reference: str) -> Decision:
        return decide(answer, reference, settings, NumericAlgebra())

    judge(r"\frac{1}{\sqrt 2}+x", r"x+\sqrt{2}/2")
    return judge
