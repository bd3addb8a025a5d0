"""Mathematics: word problems and competition problems whose answer is a number or a formula."""

from collections.abc import Sequence
from typing import Final

from tasks.domains.base import ChangedProgram, Generator
from tasks.domains.mathematics.changed_numbers import changed_numbers
from tasks.domains.mathematics.virtual import SOURCE, generate_problems
from tasks.grading.base import Grader
from tasks.grading.grader import open_grader
from tasks.grading.settings import GradingSettings
from tasks.problems.reading import problem_of
from tasks.problems.rows import RawRow
from tasks.sandbox.settings import SandboxSettings
from tasks.search.format import RSTAR_MATH
from warehouse.records import Problem, Split


class Mathematics:
    """The ProblemDomain of tasks.domains.base that rStar-Math is about."""

    generator: Final = Generator(SOURCE, "MIT", "tasks/domains/mathematics/virtual.py")
    examples: Final = "word-problems"
    tags: Final = ("math", "reasoning")
    wording: Final = RSTAR_MATH

    def generate(self, split: Split, seed: int, n_per_level: Sequence[int]) -> list[Problem]:
        """Return virtual problems: chains of relations."""
        return generate_problems(split, seed, n_per_level)

    def read(self, row: RawRow, split: Split, source: str) -> Problem:
        """Return the problem of a row in the form of GSM8K, MATH or a benchmark."""
        return problem_of(row, split, source)

    def open_grader(self, settings: GradingSettings, sandbox: SandboxSettings) -> Grader:
        """Return the grader of numbers, sets, intervals and formulas, which runs no code."""
        return open_grader(settings)

    def changed(self, statement: str, program: str) -> ChangedProgram | None:
        """Return the program of a virtual problem with other numbers."""
        return changed_numbers(statement, program)
