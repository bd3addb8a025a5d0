"""Where the searches of all drivers that share one machinery meet it.

One thread at a time pumps: it starts searches, passes requests on, collects answers and resumes whoever has all of his. The
others wait for their results; when the pumping one takes a result away to its caller, another goes on. So a shard whose last
trees are still growing leaves its places to the next shard, and writing finished trees down holds up nobody.
"""

import itertools
import threading
from collections.abc import Callable
from typing import Any

from models.engines.base import Engine
from tasks.grading.base import Grader
from tasks.sandbox.base import Sandbox
from tasks.search.ask import Ask, Replies, Search, Stopped
from tasks.search.lane import Flight, Lane, Running
from tasks.search.traffic import Traffic
from warehouse.errors import Interrupted, StargroveError
from warehouse.records import StoppedEnding


class Exchange:
    """The lanes of all drivers, and the machinery that serves them."""

    def __init__(
        self,
        engine: Engine,
        sandbox: Sandbox,
        grader: Grader,
        clock: Callable[[], float],
        cancelled: Callable[[], bool],
    ) -> None:
        self._traffic = Traffic(engine, sandbox, grader, clock)
        self._clock = clock
        self._cancelled = cancelled
        self._lanes: list[Lane] = []
        self._numbers = itertools.count()
        self._condition = threading.Condition()
        self._is_pumped = False
        self._failure: Exception | None = None
        self._since = 0.0

    def join(self, lane: Lane) -> None:
        """Let a driver's searches take part, after those of the drivers that came before."""
        with self._condition:
            if not self._lanes:
                self._since = self._clock()
            self._lanes.append(lane)

    def leave(self, lane: Lane) -> None:
        """Forget a driver's searches; what they still have in flight is dropped when it is answered."""
        with self._condition:
            self._lanes.remove(lane)
            lane.is_closed = True
            self._condition.notify_all()

    def next_result(self, lane: Lane) -> tuple[str, Any] | None:
        """Return the key and result of a search that ended; None when every one has. Pumps where nobody else does."""
        while True:
            with self._condition:
                while self._is_pumped and not (lane.finished or lane.is_done or self._failure):
                    self._condition.wait()
                if self._failure is not None:
                    raise self._failure_of_another()
                if lane.finished or lane.is_done:
                    self._condition.notify_all()
                    return lane.finished.popleft() if lane.finished else None
                self._is_pumped = True
            self._pump()

    def _pump(self) -> None:
        try:
            self._turn()
        except Exception as error:
            with self._condition:
                self._failure = error
            raise
        finally:
            with self._condition:
                self._is_pumped = False
                if self._failure is not None or any(lane.finished or lane.is_done for lane in self._lanes):
                    self._condition.notify_all()

    def _failure_of_another(self) -> Exception:
        match self._failure:
            case StargroveError() as error:
                return type(error)(error.message, hint=error.hint)
            case error:
                return RuntimeError(f"another search of the same machinery failed: {error}")

    def _turn(self) -> None:
        """Start what there is room for, collect what has come, and resume the searches whose Ask is answered in full."""
        if self._cancelled():
            raise Interrupted("the search was cancelled", hint="run the same command again: finished shards are not repeated")
        with self._condition:
            lanes = tuple(self._lanes)
        for lane in lanes:
            self._start(lane, lanes)
            if not lane.is_exhausted:
                break  # Places are for the oldest driver first, so that shards end in their order.
        now = self._clock()
        for lane in lanes:
            if not lane.is_closed:
                self._stop_late(lane, now)
        head = lanes[0]
        for flight in self._traffic.collect(head.costs):
            if not (flight.running.is_over or flight.running.lane.is_closed):
                self._resume(flight.running, flight.replies())
        now = self._clock()
        head.costs.wall_seconds += now - self._since
        self._since = now

    def _start(self, lane: Lane, lanes: tuple[Lane, ...]) -> None:
        """Draw searches while there are places, the sandbox keeps up and finished trees are taken away."""
        window = lane.window
        while (
            not (lane.is_exhausted or lane.is_closed)
            and sum(len(other.running) for other in lanes) < window.size
            and len(lane.finished) < window.size
            and self._traffic.n_executing <= window.size
        ):
            started = next(lane.todo, None)
            if started is None:
                lane.is_exhausted = True
                return
            running = Running(*started, lane, next(self._numbers), self._clock())
            lane.running[running] = None
            self._resume(running, None)

    def _stop_late(self, lane: Lane, now: float) -> None:
        """End trees whose time is over, and those that somebody gave up."""
        if lane.deadline_seconds is not None:
            late = itertools.takewhile(lambda one: now - one.started >= (lane.deadline_seconds or 0.0), lane.running)
            for running in list(late):
                self._throw(running, "deadline")
        if lane.cancelled:
            for running in [one for one in lane.running if one.key in lane.cancelled]:
                self._throw(running, "cancelled")

    def _throw(self, running: Running, ending: StoppedEnding) -> None:
        try:
            running.search.throw(Stopped(ending))
        except StopIteration as end:
            self._end(running, end.value)
        else:
            raise RuntimeError(f"the search {running.key} went on after it was stopped")

    def _resume(self, running: Running, replies: Replies | None) -> None:
        """Resume a search until it needs something that is on its way; take its result if it ended instead."""
        try:
            ask = _next_ask(running.search, replies)
            while not ask.n_requests:
                if ask.done:
                    running.done = ask.done
                    running.lane.on_advance()
                ask = running.search.send(Replies())
            self._traffic.submit(Flight(running, ask), ask)
        except StopIteration as end:
            self._end(running, end.value)

    def _end(self, running: Running, result: object) -> None:
        running.is_over = True
        del running.lane.running[running]
        running.lane.finished.append((running.key, result))
        self._traffic.release(running.key)


def _next_ask(search: Search[Any], replies: Replies | None) -> Ask:
    return next(search) if replies is None else search.send(replies)
