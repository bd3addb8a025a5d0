"""Worker processes for comparisons, driven by one thread that never blocks on them. What compares is a judge of their own.

Workers start by exec of a clean interpreter (never by a fork of this process, which may hold a model), and only when there is
something to compare. One that exceeds its wall time is killed; one that dies is replaced and its comparison repeated.
"""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tasks.grading.equality.decision import Decision
from tasks.grading.settings import GradingSettings
from warehouse.errors import GraderUnavailable

_ROOT: Final = Path(__file__).resolve().parents[2]
_MEMORY_MIB: Final = 2048
_STARTING_SECONDS: Final = 120.0
_MAX_ATTEMPTS: Final = 3
"""A comparison that takes its worker down this often is unknown: it, not the machine, is at fault."""
_MAX_FAILED_STARTS: Final = 3
_FIRST_TRY: Final = 0.05
"""Share of the CPU seconds: nearly every comparison needs milliseconds, and what needs more waits for all others."""


@dataclass(slots=True)
class _Job:
    """A comparison. Mutable: `n_deaths` counts the workers that died of it. is_slow: its first, short try was not enough."""

    job_id: int
    answer: str
    reference: str
    seconds: float
    n_deaths: int = 0
    is_slow: bool = False


@dataclass(slots=True)
class _Worker:
    """A process and what it is doing. Mutable."""

    process: subprocess.Popen[bytes]
    deadline: float
    is_ready: bool = False
    job: _Job | None = None
    received: bytes = b""
    was_killed: bool = False


@dataclass(slots=True)
class WorkerPool:
    """Runs comparisons in worker processes. Not thread-safe: one thread submits and polls.

    judge: what opens the Judge of a worker, as `module:function`; see worker.py.
    """

    settings: GradingSettings
    judge: str
    _queue: deque[_Job] = field(default_factory=deque)
    _slow: deque[_Job] = field(default_factory=deque)
    _workers: list[_Worker] = field(default_factory=list)
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _n_failed_starts: int = 0

    @property
    def worker_pids(self) -> tuple[int, ...]:
        """The process ids of the workers that are alive now."""
        return tuple(worker.process.pid for worker in self._workers)

    def submit(self, job_id: int, answer: str, reference: str) -> None:
        """Queue a comparison. Never blocks; its time starts when a worker begins with it."""
        self._queue.append(_Job(job_id, answer, reference, _FIRST_TRY * self.settings.timeout_seconds))
        self._dispatch()

    def poll(self, timeout_seconds: float) -> list[tuple[int, Decision]]:
        """Return finished comparisons, waiting at most timeout_seconds for the first. Raises GraderUnavailable."""
        give_up = time.monotonic() + timeout_seconds
        finished: list[tuple[int, Decision]] = []
        while not finished and self._has_work():
            self._dispatch()
            now = time.monotonic()
            deadlines = [worker.deadline for worker in self._workers if worker.job is not None or not worker.is_ready]
            wake = min([give_up, *deadlines])
            for key, _ in self._selector.select(max(0.0, wake - now)):
                finished.extend(self._read(key.data))
            self._kill_late_workers()
            if time.monotonic() >= give_up:
                break
        if self._queue or self._slow:
            self._dispatch()
        return finished

    def close(self) -> None:
        """End every worker."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            self._reap(worker)
        self._workers.clear()
        self._queue.clear()
        self._slow.clear()
        self._selector.close()

    def _has_work(self) -> bool:
        return bool(self._queue or self._slow) or any(worker.job is not None for worker in self._workers)

    def _dispatch(self) -> None:
        """Give queued comparisons to idle workers, and start workers while there are more comparisons than workers to come."""
        for worker in self._workers:
            waiting = self._queue or self._slow
            if waiting and worker.is_ready and worker.job is None:
                self._send(worker, waiting.popleft())
        n_starting = sum(not worker.is_ready for worker in self._workers)
        while len(self._queue) + len(self._slow) > n_starting and len(self._workers) < self.settings.n_workers:
            self._start()
            n_starting += 1

    def _start(self) -> None:
        command = [sys.executable, "-m", "tasks.grading.worker", self.settings.model_dump_json(), str(_MEMORY_MIB), self.judge]
        environment = {"PATH": os.defpath, "PYTHONPATH": str(_ROOT), "PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd=_ROOT
            )
        except OSError as error:
            raise GraderUnavailable(
                f"no grading worker can be started: {error}", hint="free memory or processes and run again"
            ) from error
        worker = _Worker(process, time.monotonic() + _STARTING_SECONDS)
        assert process.stdout is not None  # Popen was given a pipe
        self._selector.register(process.stdout, selectors.EVENT_READ, worker)
        self._workers.append(worker)

    def _send(self, worker: _Worker, job: _Job) -> None:
        """Hand a comparison to an idle worker. It reads before it answers, so that this blocks for no longer than it copies."""
        worker.job = job
        worker.deadline = time.monotonic() + 4 * job.seconds + 1
        assert worker.process.stdin is not None  # Popen was given a pipe
        # A broken pipe is a dead worker: its end of file is read in the next poll, which repeats the comparison.
        with contextlib.suppress(BrokenPipeError):
            worker.process.stdin.write(
                json.dumps({"answer": job.answer, "reference": job.reference, "seconds": job.seconds}).encode() + b"\n"
            )
            worker.process.stdin.flush()

    def _read(self, worker: _Worker) -> list[tuple[int, Decision]]:
        """Return what a worker answered; replace it if it is dead."""
        assert worker.process.stdout is not None  # Popen was given a pipe
        chunk = os.read(worker.process.stdout.fileno(), 65536)
        if not chunk:
            return self._bury(worker)
        *lines, worker.received = (worker.received + chunk).split(b"\n")
        finished = []
        for line in lines:
            answer = json.loads(line)
            if "ready" in answer:
                worker.is_ready = True
                self._n_failed_starts = 0
            elif worker.job is not None:
                job, worker.job = worker.job, None
                decision = Decision(answer["equal"], answer["method"], answer["why"])
                if decision.method != "timeout" or not self._tried_again(job):
                    finished.append((job.job_id, decision))
        return finished

    def _tried_again(self, job: _Job) -> bool:
        """Return whether a comparison that ran out of its first, short time waits for its second try."""
        if job.is_slow or job.seconds >= self.settings.timeout_seconds:
            return False
        job.is_slow, job.seconds = True, self.settings.timeout_seconds
        self._slow.append(job)
        return True

    def _bury(self, worker: _Worker) -> list[tuple[int, Decision]]:
        """Forget a dead worker; return the verdict of a comparison that ran out of time or killed too many, else repeat it."""
        returncode = self._reap(worker)
        self._workers.remove(worker)
        job = worker.job
        if not worker.is_ready:
            self._n_failed_starts += 1
            if self._n_failed_starts >= _MAX_FAILED_STARTS:
                raise GraderUnavailable(
                    f"grading workers ended {self._n_failed_starts} times while starting (last exit code {returncode})",
                    hint=f"try: {sys.executable} -m tasks.grading.worker '{{}}' {_MEMORY_MIB} {self.judge}",
                )
        if job is None:
            return []
        if worker.was_killed or returncode == -signal.SIGXCPU:
            return [] if self._tried_again(job) else [(job.job_id, Decision(None, "timeout", "it took too long"))]
        job.n_deaths += 1
        if job.n_deaths >= _MAX_ATTEMPTS:
            return [(job.job_id, Decision(None, "died", "it took its worker down"))]
        (self._slow if job.is_slow else self._queue).appendleft(job)
        return []

    def _kill_late_workers(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            if worker.deadline < now and (worker.job is not None or not worker.is_ready) and not worker.was_killed:
                worker.was_killed = True
                worker.process.kill()

    def _reap(self, worker: _Worker) -> int:
        """Wait for an ended process, close its pipes and return its exit code."""
        assert worker.process.stdin is not None and worker.process.stdout is not None  # Popen was given pipes
        self._selector.unregister(worker.process.stdout)
        worker.process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            worker.process.stdin.close()
        return worker.process.wait()
