"""A sandbox to run steps on, and ways to wait for what it answers."""

import itertools
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tasks.sandbox.base import Execution, ExecutionRequest
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.host.pool import ForkSandbox
from tasks.sandbox.settings import SandboxSettings

_ids = itertools.count()
PATIENCE_SECONDS = 120.0


class Bench:
    """A sandbox and shorthand for using it."""

    def __init__(self, sandbox: ForkSandbox) -> None:
        self.sandbox = sandbox

    def start(self, path: tuple[str, ...], tree_id: str = "tree") -> int:
        """Submit the last code of a path; return the request's id."""
        request_id = next(_ids)
        self.sandbox.submit(ExecutionRequest(request_id, tree_id, path))
        return request_id

    def wait(self) -> dict[int, Execution]:
        """Return everything that is pending, by request id."""
        finished: dict[int, Execution] = {}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.sandbox.n_pending:
            assert time.monotonic() < deadline
            finished |= {execution.request_id: execution for execution in self.sandbox.poll(1.0)}
        return finished

    def run(self, *path: str, tree_id: str = "tree") -> Execution:
        """Return what became of the last code of a path; the codes before it are replayed or found in a snapshot."""
        request_id = self.start(path, tree_id)
        return self.wait()[request_id]

    def grow(self, *path: str, tree_id: str = "tree") -> list[Execution]:
        """Run a path step by step, as a search does; return what became of each."""
        return [self.run(*path[: n + 1], tree_id=tree_id) for n in range(len(path))]


def children(pid: int) -> list[int]:
    """Return the child processes of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def processes(bench: Bench) -> tuple[int, int, int, list[int]]:
    """Return the process ids of the first worker, its light keeper, the light zygote, and what was forked from that."""
    worker = bench.sandbox._links[0].process.pid
    keeper = children(worker)[0]
    zygote = children(keeper)[0]
    return worker, keeper, zygote, children(zygote)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """A sandbox with short limits that keeps every snapshot it can."""
    settings = SandboxSettings(timeout_seconds=3.0, cpu_seconds=2, memory_mib=128, max_output_chars=1000, snapshot_after_ms=0.0)
    with closing(open_sandbox(settings)) as sandbox:
        yield Bench(sandbox)
