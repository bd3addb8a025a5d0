"""Problems written for this project: functions at three levels, each with a solution, hidden tests and a wrong solution."""

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from tasks.domains.programs.hidden_tests import Case, HiddenTests
from tasks.problems.identity import problem_id
from warehouse.errors import BadInput
from warehouse.records import SPLITS, Problem, Split

SOURCE: Final = "stargrove-programs"
N_LEVELS: Final = 3
N_SHOWN: Final = 2
"""Cases that a statement shows. The others are hidden."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """A problem as it was written. mutant: a wrong solution that somebody might well write, and that hidden tests refuse."""

    split: Split
    level: int
    signature: str
    asks: str
    cases: tuple[Case, ...]
    solution: str
    mutant: str

    @property
    def function(self) -> str:
        """The name of the function."""
        return self.signature.partition("(")[0]

    @property
    def statement(self) -> str:
        """What the policy is shown."""
        shown = "\n".join(f"{self.function}({case.arguments}) == {case.expected}" for case in self.cases[:N_SHOWN])
        return f"Write a Python function `{self.signature}` that {self.asks}.\n\nExamples:\n{shown}"

    @property
    def problem(self) -> Problem:
        """The exercise as a problem of the lake. All cases are tests: who fails those shown is wrong, too."""
        tests = HiddenTests(self.function, self.cases)
        return Problem(problem_id(self.statement), self.statement, tests.written, SOURCE, self.level, self.split)


@cache
def exercises() -> tuple[Exercise, ...]:
    """Return all exercises, in order of level and split."""
    found: list[Exercise] = []
    for level in range(1, N_LEVELS + 1):
        file = files("tasks.domains.programs") / "problems" / f"level-{level}.toml"
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        for split in SPLITS:
            for table in tables[split]:
                cases = tuple(Case(arguments, expected) for arguments, expected in table["cases"])
                signature, asks = table["signature"], table["asks"]
                found.append(Exercise(split, level, signature, asks, cases, table["solution"], table["mutant"]))
    return tuple(found)


def generate_problems(split: Split, seed: int, n_per_level: Sequence[int]) -> list[Problem]:
    """Return so many problems of each level, in order of level; the seed chooses. Raises BadInput where there are fewer."""
    problems: list[Problem] = []
    for level, n_wanted in enumerate(n_per_level, start=1):
        there = [one.problem for one in exercises() if (one.split, one.level) == (split, level)]
        if n_wanted > len(there):
            raise BadInput(
                f"there are {len(there)} {split} problems of level {level}, and {n_wanted} were asked for",
                hint=f"set problems.{split}_per_level, or bring problems of your own: stargrove ingest FILE --split {split}",
            )
        random.Random(f"{SOURCE} {split} {seed} {level}").shuffle(there)
        problems += there[:n_wanted]
    return problems
