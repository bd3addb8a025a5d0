"""The searches of one driver: not started, in flight, finished. Plain state, changed by whoever pumps the exchange."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from models.engines.base import Candidate
from tasks.grading.base import Grade
from tasks.sandbox.base import Execution
from tasks.search.ask import Ask, Replies, Search
from tasks.search.window import Window


@dataclass(slots=True)
class SearchCosts:
    """What a run of the driver used. Mutable: it counts.

    Wall seconds are those in which this driver was the oldest of those that share the machinery, so that they add up over
    drivers; sandbox_seconds are those of the steps.
    """

    n_tokens: int = 0
    n_prompt_tokens: int = 0
    n_proposals: int = 0
    n_executions: int = 0
    n_scores: int = 0
    n_grades: int = 0
    sandbox_seconds: float = 0.0
    engine_wall_seconds: float = 0.0
    wait_wall_seconds: float = 0.0
    wall_seconds: float = 0.0

    def plus(self, other: "SearchCosts") -> "SearchCosts":
        """Return the sum of both, number by number."""
        return SearchCosts(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})


@dataclass(slots=True, eq=False)
class Running:
    """A search in flight. Mutable. number: how many were started before it."""

    key: str
    search: Search[Any]
    lane: "Lane"
    number: int
    started: float
    done: float = 0.0
    is_over: bool = False


@dataclass(slots=True, eq=False)
class Lane:
    """Mutable. running is in the order of starting; cancelled holds the keys of searches to be ended.

    on_advance: told by the pumping thread that a search says how far it is.
    """

    todo: Iterator[tuple[str, Search[Any]]]
    window: Window
    deadline_seconds: float | None
    costs: SearchCosts
    cancelled: set[str]
    on_advance: Callable[[], None]
    is_exhausted: bool = False
    is_closed: bool = False
    running: dict[Running, None] = field(default_factory=dict)
    finished: deque[tuple[str, Any]] = field(default_factory=deque)

    @property
    def n_begun(self) -> float:
        """The searches in flight, each counted by the share of it that is done."""
        return sum(one.done for one in list(self.running))

    @property
    def is_done(self) -> bool:
        """Whether every search has ended and was taken."""
        return self.is_exhausted and not self.running and not self.finished


class Flight:
    """An Ask on its way to its Replies. Mutable: the slots fill as answers come."""

    __slots__ = ("candidates", "executions", "grades", "n_open", "running", "scores")

    def __init__(self, running: Running, ask: Ask) -> None:
        self.running = running
        self.n_open = ask.n_requests
        self.candidates: list[tuple[Candidate, ...]] = [()] * len(ask.propose)
        self.executions: list[Execution | None] = [None] * len(ask.execute)
        self.scores: list[float | None] = [None] * len(ask.score)
        self.grades: list[Grade | None] = [None] * len(ask.grade)

    def replies(self) -> Replies:
        """Return the answers, all of which have come."""
        return Replies(
            tuple(self.candidates),
            tuple(execution for execution in self.executions if execution is not None),
            tuple(self.scores),
            tuple(grade for grade in self.grades if grade is not None),
        )
