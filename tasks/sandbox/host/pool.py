"""The driver's side of the sandbox: worker processes, and what is in flight on them."""

import json
import selectors
import socket
import subprocess
import sys
import sysconfig
import time
import zlib
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from tasks.sandbox.base import CodeError, Execution, ExecutionRequest
from tasks.sandbox.isolation import Isolation, IsolationLevel, weaker
from tasks.sandbox.settings import SandboxSettings
from tasks.sandbox.wire import FrameReader, frame
from warehouse.errors import SandboxUnavailable

WORKERS_PER_PROCESS: Final = 8
"""One worker process supervises up to this many steps at once; it needs 0.3 ms of CPU for each."""

START_SECONDS: Final = 60.0
MAX_RESTARTS: Final = 3
_MAX_FRAME_BYTES: Final = 64 << 20


@dataclass(slots=True, eq=False)
class WorkerLink:
    """A worker process and what is in flight on it. Mutable."""

    process: subprocess.Popen[bytes]
    connection: socket.socket
    config: dict[str, Any]
    reader: FrameReader = field(default_factory=lambda: FrameReader(_MAX_FRAME_BYTES))
    outbox: bytearray = field(default_factory=bytearray)
    pending: dict[int, ExecutionRequest] = field(default_factory=dict)
    n_restarts: int = 0

    def flush(self) -> None:
        """Send what the socket takes now; never blocks."""
        try:
            while self.outbox:
                del self.outbox[: self.connection.send(self.outbox)]
        except BlockingIOError:
            return
        except OSError:
            # The worker died; reading its socket says so, and its work is queued again there.
            self.outbox.clear()


class ForkSandbox:
    """Runs each step in a process of its own, forked from a zygote or a snapshot. Implements base.Sandbox."""

    def __init__(self, settings: SandboxSettings, minimum_isolation: IsolationLevel) -> None:
        self.isolation = Isolation("namespaces", "", snapshots=True)
        self.minimum_isolation = minimum_isolation
        self._finished: list[Execution] = []
        self._selector = selectors.DefaultSelector()
        n_processes = -(-settings.n_workers // WORKERS_PER_PROCESS)
        shares = [settings.n_workers // n_processes + (i < settings.n_workers % n_processes) for i in range(n_processes)]
        self._links = [self._start(worker_config(settings, share)) for share in shares]
        self._await_ready()

    def submit(self, request: ExecutionRequest) -> None:
        """Queue an execution. Never blocks."""
        link = self._link_of(request.tree_id)
        link.pending[request.request_id] = request
        link.outbox += frame(["run", request.request_id, request.tree_id, request.path])
        link.flush()

    def poll(self, timeout_seconds: float) -> list[Execution]:
        """Return finished executions, waiting at most timeout_seconds for the first. Raises SandboxUnavailable."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            for link in self._links:
                link.flush()
            seconds = 0.0 if self._finished else max(0.0, deadline - time.monotonic())
            if any(link.outbox for link in self._links):
                seconds = min(seconds, 0.005)
            for key, _ in self._selector.select(seconds):
                self._read(key.data)
            if self._finished or time.monotonic() >= deadline:
                finished, self._finished = self._finished, []
                return finished

    def release(self, tree_id: str) -> None:
        """Forget what is cached for a finished tree."""
        link = self._link_of(tree_id)
        link.outbox += frame(["release", tree_id])
        link.flush()

    @property
    def n_pending(self) -> int:
        """Executions submitted and not yet returned."""
        return len(self._finished) + sum(len(link.pending) for link in self._links)

    def close(self) -> None:
        """End every process of the sandbox."""
        for link in self._links:
            link.connection.close()
        for link in self._links:
            try:
                link.process.wait(5)
            except subprocess.TimeoutExpired:
                link.process.kill()
                link.process.wait()
        self._links.clear()
        self._selector.close()

    def _link_of(self, tree_id: str) -> WorkerLink:
        return self._links[zlib.crc32(tree_id.encode()) % len(self._links)]

    def _start(self, config: dict[str, Any]) -> WorkerLink:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        boot = "import sys; sys.path.append(sys.argv[1]); from tasks.sandbox.worker.worker import main; main(sys.argv[2])"
        arguments = json.dumps(config | {"fd": theirs.fileno()})
        try:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", "-c", boot, config["package_path"], arguments],
                env={},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                cwd="/",
            )
        except OSError as error:
            raise SandboxUnavailable(f"sandbox: no worker process can be started: {error}") from error
        finally:
            theirs.close()
        link = WorkerLink(process, ours, config)
        self._selector.register(ours, selectors.EVENT_READ, link)
        return link

    def _await_ready(self) -> None:
        waiting = set(self._links)
        deadline = time.monotonic() + START_SECONDS
        while waiting:
            if time.monotonic() > deadline:
                self.close()
                raise SandboxUnavailable(
                    f"sandbox: no worker was ready after {START_SECONDS:.0f} s", hint="is the machine overloaded?"
                )
            for key, _ in self._selector.select(0.5):
                try:
                    if self._read(key.data):
                        waiting.discard(key.data)
                except SandboxUnavailable:
                    self.close()
                    raise

    def _read(self, link: WorkerLink) -> bool:
        """Take what a worker sent; return whether it said that it is ready."""
        try:
            data = link.connection.recv(1 << 20)
        except BlockingIOError:
            return False
        except ConnectionError:
            data = b""
        if not data:
            self._restart(link)
            return False
        is_ready = False
        for message in link.reader.feed(data):
            if "failed" in message:
                raise SandboxUnavailable(f"sandbox: {message['failed']}", hint="stargrove doctor says what this machine allows")
            if "ready" in message:
                is_ready = True
                self._check_isolation(Isolation(message["level"], message["missing"], message["forks"]))
            else:
                self._take(link, message)
        return is_ready

    def _check_isolation(self, reached: Isolation) -> None:
        self.isolation = weaker(self.isolation, reached)
        if not self.isolation.reaches(self.minimum_isolation):
            raise SandboxUnavailable(
                f"sandbox: {self.isolation.line}; the minimum is {self.minimum_isolation}",
                hint="run on a kernel that allows it (Linux 5.13 for landlock), or lower sandbox.minimum_isolation",
            )

    def _take(self, link: WorkerLink, message: dict[str, Any]) -> None:
        request = link.pending.pop(message["id"], None)
        if request is None:
            return
        if "fault" in message:
            link.pending[request.request_id] = request
            raise SandboxUnavailable(f"sandbox: a step could not be run, and not because of its code: {message['fault']}")
        link.n_restarts = 0
        self._finished.append(
            Execution(
                request_id=request.request_id,
                outcome=message["outcome"],
                stdout=message["stdout"],
                value=message["value"],
                error=CodeError(*message["error"]) if message["error"] else None,
                limit=message["limit"],
                duration_seconds=message["seconds"],
                peak_memory_mib=message["memory_mib"],
            )
        )

    def _restart(self, link: WorkerLink) -> None:
        """Replace a worker that died and queue its work again; what it had cached is replayed."""
        self._selector.unregister(link.connection)
        link.connection.close()
        code = link.process.wait()
        if link.n_restarts >= MAX_RESTARTS:
            raise SandboxUnavailable(
                f"sandbox: a worker process died {MAX_RESTARTS + 1} times in a row (last exit status {code})"
            )
        fresh = self._start(link.config)
        self._selector.unregister(fresh.connection)
        link.process, link.connection, link.reader = fresh.process, fresh.connection, fresh.reader
        link.n_restarts += 1
        link.outbox.clear()
        for request in link.pending.values():
            link.outbox += frame(["run", request.request_id, request.tree_id, request.path])
        self._selector.register(link.connection, selectors.EVENT_READ, link)
        link.flush()


def worker_config(settings: SandboxSettings, n_workers: int) -> dict[str, Any]:
    """Return what a worker process needs to know."""
    config = settings.model_dump(exclude={"minimum_isolation"})
    package_path = str(Path(__file__).resolve().parents[3])
    return config | {"n_workers": n_workers, "package_path": package_path, "library_paths": library_paths()}


def library_paths() -> list[str]:
    """Return the directories from which steps may import: those that hold numpy, sympy and what these need."""
    specs = [find_spec(name) for name in ("numpy", "sympy", "mpmath")]
    found = [str(Path(spec.origin).parents[1]) for spec in specs if spec is not None and spec.origin is not None]
    return list(dict.fromkeys([*found, sysconfig.get_path("purelib")]))
