"""Keeps a window of searches in flight, and the engine, the sandbox and the grader busy.

Nothing waits for a slow tree: each search is resumed as soon as its own Ask is answered, and its place in the window is
refilled as soon as it ends. In-process engines advance one batch step per turn, while the sandbox's processes work on the
other cores. Which answers arrive first changes the order in which searches end, never what they find.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from tasks.search.ask import Search
from tasks.search.lane import Lane, SearchCosts
from tasks.search.machinery import Machinery
from tasks.search.window import KvCapacity, Window

T = TypeVar("T")

__all__ = ["Driver", "Machinery", "SearchCosts"]


class Driver(Generic[T]):
    """Runs searches to their end. Owns none of its machinery: whoever opened that closes it.

    window: searches in flight at most; kv: where it is given, fewer of them, if the engine's cache holds no more.
    deadline_seconds: how long one search may take before it is ended as it is.
    """

    def __init__(
        self,
        machinery: Machinery,
        *,
        window: int,
        kv: KvCapacity | None = None,
        deadline_seconds: float | None = None,
    ) -> None:
        self.costs = SearchCosts()
        self._exchange = machinery.exchange
        self._window = Window(window, kv)
        self._deadline_seconds = deadline_seconds
        self._cancelled: set[str] = set()

    def run(
        self, searches: Iterable[tuple[str, Search[T]]], on_advance: Callable[[float], None] = lambda n_begun: None
    ) -> Iterator[tuple[str, T]]:
        """Yield (key, result) of each search as it ends. Searches are drawn only as places in the window become free.

        on_advance: told, whenever a search has advanced, how many are in flight, each counted by the share of it that is done;
        by whichever thread serves them.

        Raises Interrupted as soon as `cancelled` says so, and what the engine, the sandbox or the grader raise when their
        machinery fails; nothing is labelled by that.
        """
        lane = Lane(
            iter(searches),
            self._window,
            self._deadline_seconds,
            self.costs,
            self._cancelled,
            lambda: on_advance(lane.n_begun),
        )
        self._exchange.join(lane)
        try:
            while (result := self._exchange.next_result(lane)) is not None:
                yield result
        finally:
            self._exchange.leave(lane)

    def cancel(self, key: str) -> None:
        """End one search: it yields what it has found so far, its unfinished nodes marked `cancelled`."""
        self._cancelled.add(key)
