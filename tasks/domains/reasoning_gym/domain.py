"""The library reasoning-gym: puzzles made from seeds at five levels, each checked by the library's own verifier."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tasks.domains.base import ChangedProgram, Generator
from tasks.domains.reasoning_gym.judge import OPENER, judge_version
from tasks.domains.reasoning_gym.problems import SOURCE, generate_problems, read_problem
from tasks.grading.base import Grader, GradingRequest
from tasks.grading.equality.decision import Decision
from tasks.grading.grader import PooledGrader
from tasks.grading.pool import WorkerPool
from tasks.grading.settings import GradingSettings
from tasks.problems.rows import RawRow
from tasks.sandbox.settings import SandboxSettings
from tasks.search.format import RSTAR_MATH
from warehouse.records import Problem, Split


class ReasoningGym:
    """The ProblemDomain of arithmetic, algebra, logic, algorithms, graphs and games; families.py lists its families."""

    generator: Final = Generator(SOURCE, "Apache-2.0", "the Python package reasoning-gym")
    examples: Final = str(Path(__file__).with_name("examples.jsonl"))
    tags: Final = ("reasoning", "puzzles", "procedural")
    wording: Final = RSTAR_MATH

    def generate(self, split: Split, seed: int, n_per_level: Sequence[int]) -> list[Problem]:
        """Return problems of all families in turn, at the levels of the library's curricula."""
        return generate_problems(split, seed, n_per_level)

    def read(self, row: RawRow, split: Split, source: str) -> Problem:
        """Return the problem of a row in the form of the library's entries."""
        return read_problem(row, split, source)

    def open_grader(self, settings: GradingSettings, sandbox: SandboxSettings) -> Grader:
        """Return the grader that asks the library's verifiers, in worker processes. It runs no code of an answer."""
        return PooledGrader(WorkerPool(settings, OPENER), same_text, judge_version())

    def changed(self, statement: str, program: str) -> ChangedProgram | None:
        """Return None: the numbers of a puzzle cannot be changed without solving it anew."""
        return None


def same_text(request: GradingRequest) -> Decision | None:
    """Return whether two answers are the same text but for spacing; None for what a verifier must decide."""
    if not request.between_answers:
        return None
    return Decision(request.answer.split() == request.reference.split(), "text")
