"""Problems made by the library, and read from files of its entries."""

import json
import random
from collections import deque
from collections.abc import Container, Iterator, Sequence
from typing import Final

from tasks.domains.reasoning_gym.families import FAMILIES
from tasks.domains.reasoning_gym.library import Entry, entries
from tasks.domains.reasoning_gym.reference import Reference
from tasks.problems.fields import LEVELS, first_field, value_at
from tasks.problems.identity import problem_id
from tasks.problems.levels import level_of
from tasks.problems.reading import check_text
from tasks.problems.rows import RawRow, RowError
from tasks.problems.statements import statement_of
from warehouse.errors import BadInput
from warehouse.ids import content_id
from warehouse.records import Problem, Split

SOURCE: Final = "reasoning-gym"

MAX_STATEMENT_CHARS: Final = 900
"""A longer statement leaves a small model no room beside worked examples."""

_SHARES: Final[tuple[tuple[Split, int], ...]] = (("train", 70), ("validation", 10), ("test", 20))
"""Percent of all statements that each split owns, by their content: no text is in two splits, whatever the seeds."""

_TRIES: Final = 200
"""Entries of a family in a row that are not the split's, or known: then it has no more. A split of 10 % needs 10 on average."""


def split_of(statement: str) -> Split:
    """Return the split that owns a statement."""
    percentile = int(content_id(f"split {problem_id(statement)}"), 16) % 100
    for split, percent in _SHARES:
        if percentile < percent:
            return split
        percentile -= percent
    raise AssertionError("the splits share out 100 percent")


def generate_problems(split: Split, seed: int, n_per_level: Sequence[int]) -> list[Problem]:
    """Return distinct problems of a split, families taking turns, n_per_level[i] of level i + 1, in order of level."""
    problems: dict[str, Problem] = {}
    for level, n_wanted in enumerate(n_per_level, start=1):
        _add_level(problems, split, seed, level, n_wanted)
    return list(problems.values())


def read_problem(row: RawRow, split: Split, source: str) -> Problem:
    """Return the problem of a row as the library's entries are: question, answer, metadata with source_dataset."""
    if row.fault is not None:
        raise RowError(row.fault)
    family, metadata = value_at(row.fields, "metadata.source_dataset"), value_at(row.fields, "metadata")
    if not isinstance(family, str) or family not in FAMILIES:
        raise RowError(f"metadata.source_dataset is {family!r}, and none of {', '.join(FAMILIES)}")
    answer = value_at(row.fields, "answer")
    if not isinstance(answer, str):
        raise RowError("the answer is not a text")
    statement = statement_of(row.fields)
    check_text(statement)
    reference = Reference(family, answer, json.dumps(metadata, sort_keys=True))
    try:
        level = level_of(first_field(row.fields, LEVELS)[1])
    except ValueError as error:
        raise RowError(f"the level is {error}") from error
    return Problem(problem_id(statement), statement, reference.written, source, level, split)


def _add_level(problems: dict[str, Problem], split: Split, seed: int, level: int, n_wanted: int) -> None:
    """Add so many problems of one level to those that are there already, by their ids."""
    order = [name for name, family in FAMILIES.items() if level <= family.highest_level]
    random.Random(f"{SOURCE} {split} {seed} {level}").shuffle(order)
    turns = deque((family, entries(family, level, _seed(split, seed, family, level))) for family in order)
    n_before = len(problems)
    while len(problems) < n_before + n_wanted:
        if not turns:
            raise BadInput(
                f"{SOURCE} makes {len(problems) - n_before} {split} problems of level {level}, and {n_wanted} were asked for",
                hint=f"set problems.{split}_per_level",
            )
        family, made = turns.popleft()
        problem = _next(family, made, split, level, problems)
        if problem is not None:
            turns.append((family, made))
            problems[problem.problem_id] = problem


def _next(family: str, made: Iterator[Entry], split: Split, level: int, known: Container[str]) -> Problem | None:
    """Return the family's next problem of the split that is not known; None where a long run of entries held none."""
    for _ in range(_TRIES):
        entry = next(made)
        name = problem_id(entry.question)
        if len(entry.question) > MAX_STATEMENT_CHARS or split_of(entry.question) != split or name in known:
            continue
        return Problem(name, entry.question, Reference.of(family, entry).written, SOURCE, level, split)
    return None


def _seed(split: Split, seed: int, family: str, level: int) -> int:
    """Return the seed of the library's generator: of 48 bits, so that the runs of no two splits meet."""
    return int(content_id(f"{SOURCE} {split} {seed} {family} {level}"), 16) & 0xFFFF_FFFF_FFFF
