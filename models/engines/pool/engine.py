"""Several engines, each in a process of its own, behind the contract of one.

On a CPU one process computes with one thread, so two of them keep two cores busy where one model is too small to be shared
between threads. Requests that continue the same problem go to the same process, which has their prefix cached. An answer
depends on its request alone, so it does not matter which process gives it, and a process that dies, hangs or runs out of
memory is replaced and its open requests are repeated. After MAX_FAILURES in a row without an answer in between, or once that
many processes were lost with the same request, EngineUnavailable says why.
"""

import atexit
import contextlib
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from models.engines.base import Answer, Engine, GenerationRequest, Request
from models.engines.homes import Homes
from models.engines.pool.messages import Answered, Close, Failed, Load, Ready, Report, Submit
from models.engines.pool.process import serve
from models.engines.settings import EngineSettings
from warehouse.errors import EngineUnavailable, Interrupted

MAX_FAILURES: Final = 3
"""Processes that may be lost in a row before it is taken for the machine's or the checkpoint's fault."""

_START_SECONDS: Final = 900.0
"""How long a process may take to start or to load: large models compile and read for minutes."""

_CLOSE_SECONDS: Final = 30.0
"""vLLM needs 1 s to end, and 6 on a busy machine; one that is killed leaves semaphores behind."""


@dataclass(slots=True, eq=False)
class _Member:
    """A process and what it owes. Mutable."""

    index: int
    process: BaseProcess
    connection: Connection
    heard: float
    ready: bool = False
    open: dict[int, Request] = field(default_factory=dict)
    outbox: list[Request] = field(default_factory=list)

    @property
    def load(self) -> int:
        return sum(_weight(request) for request in self.open.values())


class EnginePool:
    """Serves one policy and at most one PPM from settings.n_processes processes. Driven by one thread.

    opener: returns the engine of one process, in that process; it is pickled. cancelled: asked while processes start or load,
    which takes minutes with large models, and when they are to end: nobody waits for a turn whose answers will not be used.
    """

    def __init__(
        self,
        opener: Callable[[EngineSettings, Path, Path | None], Engine],
        settings: EngineSettings,
        policy: Path,
        ppm: Path | None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._opener = opener
        self._settings = settings
        self._cancelled = cancelled
        self._served = (policy, ppm)
        self._homes = Homes()
        self._n_failures = 0
        self._lost_with: Counter[int] = Counter()
        self._failure: EngineUnavailable | None = None
        self._members: list[_Member] = []
        atexit.register(self._abandon)
        try:
            for index in range(settings.n_processes):
                self._members.append(self._start(index))
            self._await_ready()
        except BaseException:
            self._abandon()
            atexit.unregister(self._abandon)
            raise

    def load(self, policy: Path, ppm: Path | None) -> None:
        """Serve these checkpoints from now on, in every process."""
        if self.n_pending:
            raise EngineUnavailable(f"{self.n_pending} requests are pending", hint="poll until they are answered")
        self._served = (policy, ppm)
        for member in self._members:
            member.ready, member.heard = False, time.monotonic()
            self._tell(member, Load(policy, ppm))
        self._await_ready()

    def submit(self, request: Request) -> None:
        """Queue a request for the process that has its problem's prefix cached; the next poll sends it."""
        member = self._members[self._home_of(request)]
        if not member.open:
            member.heard = time.monotonic()
        member.open[request.request_id] = request
        member.outbox.append(request)

    def poll(self, timeout_seconds: float) -> list[Answer]:
        """Return the answers that have come, waiting at most timeout_seconds for the first."""
        if self._failure is not None:
            raise self._failure
        for member in self._members:
            if member.outbox:
                requests, member.outbox = tuple(member.outbox), []
                self._tell(member, Submit(requests))
        answers = self._hear(timeout_seconds)
        self._replace_silent()
        return answers

    @property
    def n_pending(self) -> int:
        """Requests submitted and not yet answered."""
        return sum(len(member.open) for member in self._members)

    def close(self) -> None:
        """End every process, in the middle of its turn where the work was cancelled."""
        if not self._cancelled():
            for member in self._members:
                self._tell(member, Close())
            for member in self._members:
                member.process.join(_CLOSE_SECONDS)
        self._abandon()
        atexit.unregister(self._abandon)

    def _abandon(self) -> None:
        """End every process at once: this one ends without having closed the engine, and would wait for them for ever."""
        for member in self._members:
            _kill(member)

    def _start(self, index: int) -> _Member:
        settings = self._settings.of_process(index)
        parent_end, child_end = multiprocessing.Pipe()
        # Spawned, not forked: this process may hold threads and torch, which do not survive a fork.
        process = multiprocessing.get_context("spawn").Process(
            target=serve,
            args=(child_end, partial(self._opener, settings, *self._served), settings.n_threads),
            name="stargrove engine",
            daemon=False,  # a daemon may have no processes of its own, which vllm-async needs
        )
        process.start()
        child_end.close()
        return _Member(index, process, parent_end, time.monotonic())

    def _await_ready(self) -> None:
        while not all(member.ready for member in self._members):
            if self._cancelled():
                raise Interrupted("the engine was stopped while it started", hint="run the same command again")
            self._hear(1.0)
            self._replace_silent()

    def _tell(self, member: _Member, order: Submit | Load | Close) -> None:
        try:
            member.connection.send(order)
        except OSError:
            return  # the process is dead, which its closed pipe tells the next poll

    def _hear(self, timeout_seconds: float) -> list[Answer]:
        answers: list[Answer] = []
        by_connection = {member.connection: member for member in self._members}
        for connection in wait(list(by_connection), timeout_seconds):
            member = by_connection[connection]  # type: ignore[index]  # wait returns the objects it was given
            try:
                report: Report = member.connection.recv()
            except (EOFError, OSError):
                member.process.join(_CLOSE_SECONDS)
                self._replace(member, _how_it_ended(member.process.exitcode))
                continue
            answers += self._take(member, report)
        return answers

    def _take(self, member: _Member, report: Report) -> tuple[Answer, ...]:
        member.heard = time.monotonic()
        match report:
            case Answered(answers=answers):
                self._n_failures = 0
                for answer in answers:
                    del member.open[answer.request_id]
                    self._lost_with.pop(answer.request_id, None)
                return answers
            case Ready():
                member.ready = True
            case Failed(reason=reason):
                self._replace(member, reason)
        return ()

    def _replace_silent(self) -> None:
        """Replace processes that owe something and have said nothing for too long."""
        now = time.monotonic()
        for member in self._members:
            limit = self._settings.stall_seconds if member.ready else max(_START_SECONDS, self._settings.stall_seconds)
            if member.ready and not member.open:
                member.heard = now
            elif now - member.heard > limit:
                self._replace(member, f"said nothing for {limit:.0f} s")

    def _replace(self, member: _Member, reason: str) -> None:
        """Start another process in place of a lost one and repeat its open requests."""
        _kill(member)
        self._n_failures += 1
        # While other processes answer, a request that ends every process it is given would otherwise do so for ever.
        self._lost_with.update(member.open.keys())
        if max(self._n_failures, *(self._lost_with[request_id] for request_id in member.open), 0) >= MAX_FAILURES:
            self.close()
            self._failure = EngineUnavailable(
                f"{MAX_FAILURES} engine processes in a row were lost, the last one: {reason}",
                hint="if memory ran out, use a smaller engine.kv_cache_mib or engine.n_processes",
            )
            raise self._failure
        fresh = self._start(member.index)
        fresh.open = member.open
        fresh.outbox = list(member.open.values())
        self._members[member.index] = fresh

    def _home_of(self, request: Request) -> int:
        text = request.own_prompt if isinstance(request, GenerationRequest) else request.prefixes[0]
        return self._homes.of(text, lambda: min(range(len(self._members)), key=lambda index: self._members[index].load))


def _weight(request: Request) -> int:
    return len(request.seeds) if isinstance(request, GenerationRequest) else 1


def _how_it_ended(exit_code: int | None) -> str:
    if exit_code == -signal.SIGKILL:
        return "was killed, which is what the kernel does when memory runs out"
    return f"ended with exit code {exit_code}"


def _kill(member: _Member) -> None:
    """End a process and those that it started, which are in its group. Nothing is done to one that was ended before."""
    if member.connection.closed:
        return
    if member.process.pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(member.process.pid, signal.SIGKILL)
    member.process.kill()
    member.process.join()
    member.connection.close()
