"""The worker process: gives steps to zygotes and snapshots, watches every limit from outside, reports to the driver.

It runs no step code and holds nothing of the user's. One thread; every wait is bounded by the nearest deadline.
"""

import contextlib
import json
import os
import resource
import select
import signal
import socket
import time
from collections import deque
from typing import Any, Final

from tasks.sandbox.guest.keeper import members_of
from tasks.sandbox.wire import FrameReader, OversizedFrame, frame
from tasks.sandbox.worker.driver_link import DriverLink
from tasks.sandbox.worker.fork_grants import answer, next_question
from tasks.sandbox.worker.launch import launch_zygote
from tasks.sandbox.worker.paths import kind_of, seeds_of
from tasks.sandbox.worker.processes import MAX_FAULTS, Job, Kind, Process, is_starved, may_be_kept, private_mib
from tasks.sandbox.worker.rebuilds import Rebuilds
from tasks.sandbox.worker.reports import Forged, Message, execution, reported, unreported
from tasks.sandbox.worker.snapshots import SnapshotCache

MAX_FORKS_REFUSED: Final = 64
MAX_EXTENSIONS: Final = 5
NEVER: Final = 1e9
SWEEP_SECONDS: Final = 10.0
WARM_UP_SECONDS: Final = 120.0
HELLO_SECONDS: Final = 20.0
STATUS_SECONDS: Final = 2.0


class Worker:
    """The state of one worker process."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.driver = DriverLink(config["fd"])
        self.driver_fd = self.driver.connection.fileno()
        self.epoll = select.epoll()
        self.epoll.register(self.driver_fd, select.EPOLLIN)
        self.is_blocked = False
        self.by_fd: dict[int, Process] = {}
        self.by_pid: dict[int, Process] = {}
        self.listeners: dict[int, Process] = {}
        self.active: set[Process] = set()
        self.queues: dict[Kind, deque[Job]] = {"light": deque(), "heavy": deque()}
        self.zygotes: dict[Kind, Process] = {}
        self.n_failed_starts: dict[Kind, int] = {"light": 0, "heavy": 0}
        self.snapshots = SnapshotCache(config["n_snapshots"], config["snapshot_memory_mib"])
        self.rebuilds = Rebuilds(self.snapshots)
        self.n_started = 0
        self.next_sweep = time.monotonic() + SWEEP_SECONDS

    def run(self) -> None:
        """Serve until the driver closes its socket."""
        self.start_zygote("light")
        while self.driver.is_open:
            self.dispatch()
            self.flush()
            for fd, events in self.epoll.poll(self.seconds_to_wait()):
                if fd == self.driver_fd:
                    if events & ~select.EPOLLOUT:
                        self.serve_driver()
                elif fd in self.by_fd:
                    self.on_event(self.by_fd[fd], events)
                elif fd in self.listeners:
                    self.on_fork_question(self.listeners[fd], events)
            self.enforce_deadlines()
            self.sweep()

    def flush(self) -> None:
        """Send what the driver's socket takes now; wake up for the rest when it takes more."""
        is_blocked = self.driver.flush()
        if is_blocked != self.is_blocked:
            self.is_blocked = is_blocked
            self.epoll.modify(self.driver_fd, select.EPOLLIN | (select.EPOLLOUT if is_blocked else 0))

    def serve_driver(self) -> None:
        """Take what the driver asks for."""
        for operation, *arguments in self.driver.read():
            if operation == "run":
                request_id, tree_id, path = arguments
                kind = kind_of(path)
                self.queues[kind].append(Job(request_id, tree_id, tuple(path), kind))
            else:
                for process in self.snapshots.release(arguments[0]):
                    self.end(process)

    def start_zygote(self, kind: Kind) -> None:
        """Start a clean interpreter that becomes a zygote."""
        ours, keeper = launch_zygote(self.config, kind)
        zygote = self.adopt(ours, kind, None, WARM_UP_SECONDS)
        zygote.state = "warming"
        zygote.keeper = keeper
        self.zygotes[kind] = zygote

    def adopt(self, ours: socket.socket, kind: Kind, parent: Process | None, seconds: float) -> Process:
        """Return a new process object for the other end of `ours`, watched from now on."""
        ours.setblocking(False)
        self.n_started += 1
        reader = FrameReader(8 * self.config["max_output_chars"] * 6 + 65536)
        process = Process(ours, kind, "starting", parent, self.n_started, time.monotonic() + seconds, reader)
        self.by_fd[ours.fileno()] = process
        self.epoll.register(ours.fileno(), select.EPOLLIN)
        self.active.add(process)
        return process

    def dispatch(self) -> None:
        """Start queued jobs while workers are free."""
        n_free = self.config["n_workers"] - sum(process.job is not None for process in self.active)
        for kind, queue in self.queues.items():
            if queue and kind not in self.zygotes:
                self.start_zygote(kind)
            while queue and n_free > 0 and kind in self.zygotes and self.zygotes[kind].state == "idle":
                job = self.rebuilds.turn(queue.popleft(), queue)
                if job is not None:
                    self.start(job)
                    n_free -= 1

    def start(self, job: Job) -> None:
        """Fork a process for a job from the nearest snapshot, or from the zygote."""
        parent, n_done = (None, 0) if job.n_faults else self.snapshots.nearest(job.tree_id, job.path, job.kind)
        parent = parent or self.zygotes[job.kind]
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        process = self.adopt(ours, job.kind, parent, HELLO_SECONDS)
        process.job = job
        process.n_codes = len(job.path) - n_done
        process.outbox = frame(
            {
                "codes": job.path[n_done:],
                "seeds": seeds_of(job.path)[n_done:],
                "first": n_done + 1,
                "cpu_seconds": self.config["cpu_seconds"],
                "keep_after_seconds": self.config["snapshot_after_ms"] / 1000
                if self.zygotes[job.kind].listener >= 0
                else NEVER,
            }
        )
        try:
            parent.ask_fork(process.number, theirs)
        except OSError:
            self.on_lost(parent)
            self.retry(process, "the process to fork from is gone")
            return
        finally:
            theirs.close()
        if not process.flush():
            self.epoll.modify(ours.fileno(), select.EPOLLIN | select.EPOLLOUT)

    # What happens to processes

    def on_event(self, process: Process, events: int) -> None:
        """Handle what epoll reports about a process's socket."""
        if events & select.EPOLLOUT and process.flush():
            self.epoll.modify(process.connection.fileno(), select.EPOLLIN)
        if not events & ~select.EPOLLOUT:
            return
        was_known = process.pid > 0
        try:
            data, descriptors = process.receive()
        except BlockingIOError:
            return  # the event was for a socket that had this number before
        self.by_pid[process.pid] = process
        for descriptor in descriptors:
            if process.state == "warming" and process.listener < 0:
                process.listener = descriptor
                self.listeners[descriptor] = process
                self.epoll.register(descriptor, select.EPOLLIN)
            else:
                os.close(descriptor)
        if not data:
            self.on_closed(process)
            return
        if process.state == "starting" and not was_known:
            data = data[1:]
            process.state = "running"
            process.started_at = time.monotonic()
            process.deadline = process.started_at + self.config["timeout_seconds"] * process.n_codes
        try:
            for message in process.reader.feed(data):
                self.on_message(process, message)
        except (OversizedFrame, ValueError, RecursionError, Forged):
            self.on_forgery(process)

    def on_message(self, process: Process, message: Any) -> None:
        """Handle one message. Raises Forged when it is none that this process may send."""
        if not isinstance(message, dict):
            raise Forged
        if process.state == "running" and process.job is not None:
            if message.get("replayed") is True and process.n_codes > 1:
                process.n_codes = 1
                process.started_at = time.monotonic()
                process.deadline = process.started_at + self.config["timeout_seconds"]
                return
            report = reported(process.job, message, self.config["max_output_chars"])
            self.finish(process, report, kept=message.get("kept") is True)
        elif process.state == "warming" and "ready" in message:
            process.state = "idle"
            self.active.discard(process)
            self.n_failed_starts[process.kind] = 0
            self.driver.tell(message)
        elif process.state == "warming" and "failed" in message:
            process.failure = str(message["failed"])
        elif process.state == "idle" and isinstance(message.get("number"), int) and message["number"] in process.asked_by:
            self.on_status(process.asked_by.pop(message["number"]), message, is_trusted=process.parent is None)
        else:
            raise Forged

    def on_fork_question(self, zygote: Process, events: int) -> None:
        """A process below this zygote wants to fork: granted once for each fork that was ordered from it."""
        if not events & select.EPOLLIN:
            self.epoll.unregister(zygote.listener)
            return
        question = next_question(zygote.listener)
        if question is None:
            return
        number, pid = question
        process = self.by_pid.get(pid)
        granted = process is not None and process.n_forks_ordered > 0
        answer(zygote.listener, number, granted=granted)
        if process is None:
            return
        if granted:
            process.n_forks_ordered -= 1
            return
        process.n_forks_refused += 1
        if process.n_forks_refused >= MAX_FORKS_REFUSED and process.job is not None:
            seconds = time.monotonic() - process.started_at
            self.finish(process, execution(process.job, "killed", limit="processes", seconds=seconds), kept=False)

    def finish(self, process: Process, answer: Message, *, kept: bool) -> None:
        """Report a job; keep its process as a snapshot or end it."""
        job = process.job
        process.job = None
        self.active.discard(process)
        if job is not None and not job.followers:
            self.driver.tell(answer)
        if kept and job is not None and self.config["n_snapshots"] and may_be_kept(process.pid):
            process.state = "idle"
            process.private_mib = private_mib(process.pid)
            for old in self.snapshots.add(process, job.tree_id, job.path):
                self.end(old)
        else:
            self.end(process)
        if job is not None and job.followers:
            self.queues[job.kind].extendleft(reversed(self.rebuilds.followers(job)))

    def on_closed(self, process: Process) -> None:
        """A process's socket closed: it ended, or it closed what it must not."""
        if process.state != "running" or process.job is None:
            self.on_lost(process)
        elif not process.has_ended():
            self.on_forgery(process)
        elif process.parent is not None and process.parent.ask_status(process):
            self.epoll.unregister(process.connection.fileno())
            process.state = "asking"
            process.deadline = time.monotonic() + STATUS_SECONDS
        else:
            self.retry(process, "its parent process is gone")

    def on_status(self, process: Process, status: Message, *, is_trusted: bool) -> None:
        """A parent told how a child ended. A snapshot may forge that: it only chooses among faults of its own child."""
        if process.state != "asking" or process.job is None:
            return
        seconds = time.monotonic() - process.started_at
        answer = None
        if [type(status.get(key)) for key in ("code", "cpu", "memory_mib")] == [int, float, float]:
            answer = unreported(process.job, status, seconds, self.config["cpu_seconds"], self.config["memory_mib"])
        if answer is None:
            self.retry(process, f"killed from outside (told by {'the zygote' if is_trusted else 'a snapshot'})")
        else:
            self.finish(process, answer, kept=False)

    def on_forgery(self, process: Process) -> None:
        """A process broke the protocol: a step is reported as killed, a snapshot or zygote is dropped."""
        if process.job is None:
            self.on_lost(process)
            return
        seconds = time.monotonic() - process.started_at
        self.finish(process, execution(process.job, "killed", limit="protocol", seconds=seconds), kept=False)

    def on_lost(self, process: Process) -> None:
        """A process is gone or useless: forget it, and give its work to others."""
        if process.job is not None:
            self.retry(process, "ended before it ran anything")
            return
        self.snapshots.drop(process)
        was_warming = process.state == "warming"
        self.end(process)
        for child in list(process.asked_by.values()):
            if child.state == "asking":
                self.retry(child, "its parent process ended")
        if self.zygotes.get(process.kind) is process:
            self.on_zygote_lost(process, was_warming=was_warming)

    def on_zygote_lost(self, zygote: Process, *, was_warming: bool) -> None:
        """A zygote ended: the next job starts another, unless several in a row could not start."""
        del self.zygotes[zygote.kind]
        if was_warming:
            self.n_failed_starts[zygote.kind] += 1
        if self.n_failed_starts[zygote.kind] >= MAX_FAULTS:
            why = f": {zygote.failure}" if zygote.failure else ""
            self.driver.tell({"failed": f"the {zygote.kind} zygote ended {MAX_FAULTS} times before it was ready{why}"})
            self.queues[zygote.kind].clear()
        elif zygote.kind == "light":
            self.start_zygote("light")

    def retry(self, process: Process, reason: str) -> None:
        """Give a job to another process: the machinery failed it, which says nothing about the step."""
        job = process.job
        process.job = None
        self.end(process)
        if job is None:
            return
        job.n_faults += 1
        if job.n_faults >= MAX_FAULTS and job.followers:
            self.queues[job.kind].extendleft(reversed(self.rebuilds.followers(job)))
        elif job.n_faults >= MAX_FAULTS:
            self.driver.tell({"id": job.request_id, "fault": reason})
        else:
            self.queues[job.kind].appendleft(job)

    def end(self, process: Process) -> None:
        """Kill a process and forget it."""
        if process.state == "gone":
            return
        self.active.discard(process)
        self.by_fd.pop(process.connection.fileno(), None)
        if self.by_pid.get(process.pid) is process:
            del self.by_pid[process.pid]
        self.listeners.pop(process.listener, None)
        process.end()

    def sweep(self) -> None:
        """Kill processes that nobody knows: a snapshot that was told to fork may have forked something else.

        Snapshots are weighed anew: a handler that a step left behind may go on allocating.
        """
        now = time.monotonic()
        if now < self.next_sweep:
            return
        self.next_sweep = now + SWEEP_SECONDS
        for process in self.snapshots:
            for heavy in self.snapshots.weigh(process, private_mib(process.pid)):
                self.end(heavy)
        for zygote in self.zygotes.values():
            if zygote.keeper is None or zygote.state != "idle" or any(process.state == "starting" for process in self.active):
                continue
            for pid in members_of(zygote.keeper.pid, {*self.by_pid, zygote.keeper.pid}):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    # Time

    def seconds_to_wait(self) -> float:
        """Return how long nothing is due, at most a minute."""
        if not self.active:
            return SWEEP_SECONDS
        return max(0.0, min(process.deadline for process in self.active) - time.monotonic()) + 0.001

    def enforce_deadlines(self) -> None:
        """Kill what ran out of time."""
        now = time.monotonic()
        for process in [process for process in self.active if process.deadline <= now]:
            if process.state == "running" and process.job is not None:
                if process.n_extensions < MAX_EXTENSIONS and is_starved(process.pid, now - process.started_at):
                    # The machine is too busy, which says nothing about the step. Its CPU limit does not depend on that.
                    process.n_extensions += 1
                    process.deadline = now + self.config["timeout_seconds"]
                    continue
                answer = execution(process.job, "timeout", limit="wall", seconds=now - process.started_at)
                self.finish(process, answer, kept=False)
            elif process.state == "starting" and process.parent is not None:
                parent = process.parent
                self.retry(process, "did not start in time")
                self.on_lost(parent)
            elif process.state == "asking":
                self.retry(process, "its parent process did not tell how it ended")
            else:
                self.on_lost(process)


def main(arguments: str) -> None:
    """Run a worker until its driver closes the socket. arguments: JSON, made by pool.worker_config."""
    # Each snapshot needs two descriptors here.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    worker = Worker(json.loads(arguments))
    try:
        worker.run()
    finally:
        for zygote in worker.zygotes.values():
            zygote.end()
