"""Machinery may die at any time: no work is lost, nothing is labelled wrong, and nothing is left behind."""

import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from tasks.sandbox.guest.keeper import members_of
from tasks.sandbox.host.open import detect_isolation, open_sandbox
from tasks.sandbox.settings import SandboxSettings
from tests.sandbox.conftest import Bench, children, processes
from warehouse.errors import SandboxUnavailable

pytestmark = pytest.mark.integration

SLOW = "s = 0\nfor i in range({n}):\n    s += i\nprint(s)"


@pytest.mark.parametrize("victim", ["zygote", "keeper", "worker", "step"])
@pytest.mark.parametrize("namespaces", [True, False])
def test_kill_9_loses_no_work_and_changes_no_outcome(victim: str, *, namespaces: bool) -> None:
    with closing(open_sandbox(SandboxSettings(snapshot_after_ms=0.0, namespaces=namespaces))) as sandbox:
        bench = Bench(sandbox)
        prefixes = {n: (f"n = {n}", SLOW.format(n=100_000 + n)) for n in range(12)}
        for n, path in prefixes.items():
            bench.grow(*path, tree_id=str(n))
        waiting = {
            bench.start((*path, SLOW.format(n=300_000), "print(n, s)")[: 3 + n % 2], str(n)): n for n, path in prefixes.items()
        }
        time.sleep(0.05)
        worker, keeper, zygote, forked = processes(bench)
        os.kill({"zygote": zygote, "keeper": keeper, "worker": worker, "step": forked[-1]}[victim], signal.SIGKILL)
        finished = bench.wait()
        for request_id, n in waiting.items():
            expected = "44999850000\n" if n % 2 == 0 else f"{n} 44999850000\n"
            assert (finished[request_id].outcome, finished[request_id].stdout) == ("ok", expected)
        assert bench.run("print(1)").stdout == "1\n"


@pytest.mark.parametrize("namespaces", [True, False])
def test_close_leaves_no_process_though_steps_run(*, namespaces: bool) -> None:
    sandbox = open_sandbox(SandboxSettings(snapshot_after_ms=0.0, namespaces=namespaces))
    bench = Bench(sandbox)
    bench.grow("a = 1", "b = 2")
    _, keeper, _, _ = processes(bench)
    for n in range(4):
        bench.start((f"import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(100 + {n})",))
    time.sleep(0.3)
    sandbox.close()
    assert members_of(keeper, set()) == []


@pytest.mark.parametrize("namespaces", [True, False])
def test_a_killed_worker_leaves_no_running_step(*, namespaces: bool) -> None:
    with closing(open_sandbox(SandboxSettings(namespaces=namespaces, timeout_seconds=60.0, cpu_seconds=60))) as sandbox:
        bench = Bench(sandbox)
        bench.start(("while True:\n    pass",))
        time.sleep(0.3)
        worker, keeper, _, _ = processes(bench)
        os.kill(worker, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while members_of(keeper, set()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert members_of(keeper, set()) == []


def test_a_worker_that_always_dies_is_reported_and_nothing_hangs() -> None:
    with closing(open_sandbox(SandboxSettings(timeout_seconds=60.0))) as sandbox:
        bench = Bench(sandbox)
        bench.start(("import time\ntime.sleep(50)",))
        with pytest.raises(SandboxUnavailable, match="died"):
            for _ in range(20):
                os.kill(sandbox._links[0].process.pid, signal.SIGKILL)
                sandbox.poll(0.5)


def test_submit_never_blocks_and_close_may_come_at_once() -> None:
    with closing(open_sandbox(SandboxSettings())) as sandbox:
        bench = Bench(sandbox)
        start = time.perf_counter()
        for n in range(300):
            bench.start((f"x = '{'y' * 50_000}'", f"print({n})"), str(n))
        assert time.perf_counter() - start < 5.0
        assert sandbox.n_pending == 300


def test_below_the_minimum_isolation_nothing_starts() -> None:
    settings = SandboxSettings(namespaces=False, minimum_isolation="namespaces")
    with pytest.raises(SandboxUnavailable, match="the minimum is namespaces"):
        open_sandbox(settings)
    assert not [pid for pid in children(os.getpid()) if "tasks.sandbox" in Path(f"/proc/{pid}/cmdline").read_text()]


def test_the_level_that_is_reached_is_known_before_anything_runs() -> None:
    isolation = detect_isolation(SandboxSettings(namespaces=False))
    assert isolation.level in ("seccomp", "landlock")
    assert "namespaces (switched off)" in isolation.missing
    with closing(open_sandbox(SandboxSettings())) as sandbox:
        assert sandbox.isolation.reaches("landlock")
