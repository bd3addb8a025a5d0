"""What a search asks of the machinery around it, and what it is told. Pure data.

A search is a generator: it yields an Ask, is suspended until every request in it is answered, and receives Replies whose
tuples match those of the Ask position by position. A search may be ended early by a Stopped that is thrown into it; it returns
what it has.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from models.engines.base import Candidate
from tasks.grading.base import Grade
from tasks.sandbox.base import Execution
from warehouse.records import StoppedEnding


@dataclass(frozen=True, slots=True)
class Proposal:
    """Ask the policy for one continuation of `prefix` per seed."""

    prefix: str
    seeds: tuple[int, ...]
    temperature: float
    stop: tuple[str, ...]
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Ask the grader whether an answer equals the reference."""

    answer: str
    reference: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Requests that may be served at the same time.

    propose: to the policy; execute: paths of code whose last element is to be run, to the sandbox; score: prefixes, to the
    PPM; grade: to the grader. done: without requests, a search says by it how far it is, in [0, 1].
    """

    propose: tuple[Proposal, ...] = ()
    execute: tuple[tuple[str, ...], ...] = ()
    score: tuple[str, ...] = ()
    grade: tuple[Comparison, ...] = ()
    done: float = 0.0

    @property
    def n_requests(self) -> int:
        """How many answers are needed."""
        return len(self.propose) + len(self.execute) + len(self.score) + len(self.grade)


@dataclass(frozen=True, slots=True)
class Replies:
    """Answers in the order of the Ask. candidates: empty where the prefix leaves no room. scores: None for the same reason,
    NaN where the PPM gave no number."""

    candidates: tuple[tuple[Candidate, ...], ...] = ()
    executions: tuple[Execution, ...] = ()
    scores: tuple[float | None, ...] = ()
    grades: tuple[Grade, ...] = ()


class Stopped(Exception):
    """Thrown into a search that must end now. ending: what its unfinished nodes are to be marked with."""

    def __init__(self, ending: StoppedEnding) -> None:
        super().__init__(ending)
        self.ending: StoppedEnding = ending


T = TypeVar("T")
Search = Generator[Ask, Replies, T]
"""A search that ends in a T."""
