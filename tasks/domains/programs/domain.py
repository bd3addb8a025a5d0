"""Programs with tests: a problem describes a function, and its reference is calls with what they return."""

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tasks.domains.base import ChangedProgram, Generator
from tasks.domains.programs.collection import SOURCE, generate_problems
from tasks.domains.programs.reading import read_problem
from tasks.domains.programs.sandbox_pool import SandboxPool
from tasks.grading.base import Grader, GradingRequest
from tasks.grading.equality.decision import Decision
from tasks.grading.grader import PooledGrader
from tasks.grading.reading.lexing.boxed import boxed_answer
from tasks.grading.settings import GradingSettings
from tasks.problems.rows import RawRow
from tasks.sandbox.settings import SandboxSettings
from tasks.search.format import Wording, prompt
from warehouse.records import Problem, Split

RULES_VERSION: Final = "programs-1"
"""Raised whenever a change of the rules may change a verdict."""


def read_program(code: str, words: str) -> str | None:
    """Return the whole program as the answer; None where it defines no function, or the closing words box nothing.

    What they box does not count, but a solution without a box would teach the policy to leave the format.
    """
    return code if _defines_a_function(code) and boxed_answer(words) is not None else None


def same_program(request: GradingRequest) -> Decision | None:
    """Return whether two answers are the same program but for comments and spacing; None for what tests must decide."""
    if not request.between_answers:
        return None
    return Decision(_plain(request.answer) == _plain(request.reference), "syntax")


class Programs:
    """The ProblemDomain of functions with hidden tests."""

    generator: Final = Generator(SOURCE, "MIT", "tasks/domains/programs/problems")
    examples: Final = str(Path(__file__).with_name("examples.jsonl"))
    tags: Final = ("code", "python", "reasoning")
    wording: Final = Wording(prompt, read_program)

    def generate(self, split: Split, seed: int, n_per_level: Sequence[int]) -> list[Problem]:
        """Return problems of levels 1 to 3 that were written for this project."""
        return generate_problems(split, seed, n_per_level)

    def read(self, row: RawRow, split: Split, source: str) -> Problem:
        """Return the problem of a row in the form of HumanEval or MBPP."""
        return read_problem(row, split, source)

    def open_grader(self, settings: GradingSettings, sandbox: SandboxSettings) -> Grader:
        """Return the grader that runs the hidden tests in a sandbox of its own, so many at once as comparisons elsewhere."""
        pool = SandboxPool(sandbox.model_copy(update={"n_workers": settings.n_workers}))
        return PooledGrader(pool, same_program, RULES_VERSION)

    def changed(self, statement: str, program: str) -> ChangedProgram | None:
        """Return None: hidden tests already ask a program about other numbers than those it was shown."""
        return None


def _defines_a_function(code: str) -> bool:
    try:
        body = ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.FunctionDef) for node in body)


def _plain(code: str) -> str:
    """Return a program as Python itself would write it, without comments."""
    try:
        return ast.unparse(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return code
