"""Snapshots are only a cache: outcomes do not depend on them, and they stay within their bounds."""

import ast
import time
from contextlib import closing
from pathlib import Path

import pytest

from tasks.sandbox.base import Execution
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.settings import SandboxSettings
from tests.sandbox.conftest import Bench, children, processes

pytestmark = pytest.mark.integration

DETERMINISTIC = (
    ("a = 3", "b = a + 4\nprint(b)", "{'x', 'y', 'z', 'apple', 'pear'}", "print(hash('word'), a * b)"),
    (
        "import random\nx = random.random()",
        "y = random.randint(1, 100)\nprint(x, y)",
        "def f():\n    return random.gauss(0, 1)",
        "f(), f()",
    ),
    ("d = dict(zip('hello', range(5)))", "list({c for c in 'the quick brown fox'})", "sorted(d.items())[0]"),
    (
        "import sympy as sp\nx = sp.symbols('x')",
        "s = sp.solve(x**3 - 6 * x**2 + 11 * x - 6)\ns",
        "print(sp.Dummy())",
        "sp.integrate(sp.exp(x) * x)",
    ),
    (
        "from sympy import *\nx, y = symbols('x y')",
        "r = nonlinsolve([x**2 + y**2 - 5, x - y - 1], [x, y])",
        "print(r)",
        "dsolve(Function('f')(x).diff(x) - x)",
    ),
    (
        "import numpy as np\na = np.arange(6).reshape(2, 3)",
        "print(a @ a.T)",
        "np.random.rand(3)",
        "np.random.permutation(10), np.linalg.det(np.eye(3))",
    ),
    (
        "total = 0\nfor i in range(100_000):\n    total += i",
        "print(total)",
        "1 / (total - 4999950000)",
    ),
    ("def gen():\n    yield from range(10)\ng = gen()", "next(g)", "next(g), next(g)", "sum(g)"),
    ("from fractions import Fraction as F\nx = F(1, 3)", "x += F(1, 6)\nx", "from decimal import Decimal\nDecimal(1) / 3"),
    ("import itertools\nc = itertools.count(5)", "next(c)", "next(c)\nraise StopIteration('done')"),
    ("import sys\nsys.setrecursionlimit(5000)", "def f(n):\n    return n and 1 + f(n - 1)\nf(3000)"),
    (
        "from sympy.core.random import randint\nrandint(1, 10**9)",
        "from sympy import isprime, nextprime\nnextprime(10**12)",
        "randint(1, 10**9)",
    ),
    (
        "import os, random, secrets\nrandom.seed()",
        "random.random(), random.Random().random()",
        "secrets.token_hex(), os.urandom(2)",
    ),
    ("import os, uuid\nuuid.uuid4()", "random = os.urandom(8)\nrandom", "import random\nrandom.SystemRandom().random()"),
    (
        "import numpy as np\nrng = np.random.default_rng()\nrng.random()",
        "rng.integers(100, size=5), np.random.default_rng().random()",
        "np.random.seed()\nnp.random.rand(), np.random.RandomState().rand(), np.random.Generator(np.random.PCG64()).random()",
    ),
    (
        "import time\nfrom time import perf_counter as clock\nstart = time.time(), clock(), time.process_time_ns()\nstart",
        "time.sleep(0.01)\ntime.monotonic() - start[1], time.ctime(), time.gmtime(), time.strftime('%H:%M:%S')",
        "from datetime import date, datetime\ndate.today(), datetime.today()",
        "import timeit\ntimeit.timeit('sum(range(9))', number=9), clock() > start[1]",
    ),
    ("print('found')\nexit()", "print('not run')", "1 / 0"),
)
"""Paths whose outcome is a function of their codes. What is none: see the docstring of tasks/sandbox/guest/sources.py."""


def comparable(executions: list[Execution]) -> list[tuple[object, ...]]:
    """Return what must not depend on how a step was run."""
    return [(e.outcome, e.stdout, e.value, e.error, e.limit) for e in executions]


def grow_all(settings: SandboxSettings) -> list[list[tuple[object, ...]]]:
    """Return the outcomes of every path, each grown step by step in a fresh sandbox."""
    with closing(open_sandbox(settings)) as sandbox:
        bench = Bench(sandbox)
        return [comparable(bench.grow(*path, tree_id=str(n))) for n, path in enumerate(DETERMINISTIC)]


def test_snapshots_replay_and_another_zygote_give_identical_outcomes() -> None:
    patient = SandboxSettings(timeout_seconds=60.0, cpu_seconds=60)
    snapshots = grow_all(patient.model_copy(update={"snapshot_after_ms": 0.0}))
    assert snapshots == grow_all(patient.model_copy(update={"n_snapshots": 0}))
    assert snapshots == grow_all(patient.model_copy(update={"namespaces": False, "n_workers": 1}))
    assert [outcomes[-1][0] for outcomes in snapshots].count("error") == 2


def test_a_costly_path_is_not_run_again_for_its_children(bench: Bench) -> None:
    costly = "import os\ns = sum(i * i for i in range(2_000_000))\npid = os.getpid()"
    first = bench.run(costly, tree_id="costly")
    start = time.perf_counter()
    children = [bench.run(costly, f"print(pid, {n})", tree_id="costly") for n in range(3)]
    assert len({child.stdout.split()[0] for child in children}) == 1
    assert time.perf_counter() - start < 3 * first.duration_seconds + 1.0


def test_the_snapshots_of_a_released_tree_end_at_once() -> None:
    with closing(open_sandbox(SandboxSettings(snapshot_after_ms=0.0))) as sandbox:
        bench = Bench(sandbox)
        bench.grow("a = 1", "b = 2", "c = 3", tree_id="one")
        bench.grow("a = 1", "b = 2", tree_id="two")
        assert settles_at(bench, 5)
        sandbox.release("one")
        bench.run("x = 1", tree_id="two")
        assert settles_at(bench, 3)


def test_the_least_recently_used_snapshot_goes_first() -> None:
    with closing(open_sandbox(SandboxSettings(snapshot_after_ms=0.0, n_snapshots=2))) as sandbox:
        bench = Bench(sandbox)
        who = "import os\npid = os.getpid()\npid"
        first = bench.run(who, tree_id="used")
        bench.run(who, tree_id="idle")
        assert bench.run(who, "'again'\npid", tree_id="used").value == first.value
        assert settles_at(bench, 2)
        assert bench.run(who, "pid", tree_id="used").value == first.value


TIGHT = SandboxSettings(n_snapshots=1, snapshot_after_ms=20.0)
"""Room for one snapshot of a step that costs something."""
BURN = "s = sum(i * i for i in range(1_000_000))\n"


def test_a_prefix_whose_snapshot_had_to_go_is_run_once_for_all_that_continue_it() -> None:
    with closing(open_sandbox(TIGHT)) as sandbox:
        bench = Bench(sandbox)
        who = f"import os\n{BURN}pid = os.getpid()\npid"
        first = bench.run(who, tree_id="a")
        bench.run(who, tree_id="b")
        waiting = [bench.start((who, f"({n}, pid)"), "a") for n in range(6)]
        found = bench.wait()
        numbers, pids = zip(*(ast.literal_eval(found[request_id].value or "") for request_id in waiting), strict=True)
        assert numbers == tuple(range(6))
        # The first of each of two workers may have begun before the others came.
        assert len(set(pids)) <= 3
        assert int(first.value or 0) not in pids


def test_a_prefix_that_fails_when_it_is_run_again_fails_each_that_continues_it() -> None:
    with closing(open_sandbox(TIGHT)) as sandbox:
        bench = Bench(sandbox)
        once = f"from datetime import datetime\n{BURN}assert datetime.now().timestamp() < {time.time() + 2}"
        assert bench.run(once, tree_id="a").outcome == "ok"
        bench.run(BURN, tree_id="b")
        time.sleep(2)
        waiting = [bench.start((once, f"{n}"), "a") for n in range(6)]
        found = bench.wait()
        assert [found[request_id].error.type for request_id in waiting if found[request_id].error] == ["ReplayFailed"] * 6


@pytest.mark.parametrize("room", [{"snapshot_memory_mib": 0}, {"n_snapshots": 1}])
def test_without_room_every_step_is_answered_whatever_waits_for_what(room: dict[str, int]) -> None:
    with closing(open_sandbox(SandboxSettings(snapshot_after_ms=0.0, **room))) as sandbox:
        bench = Bench(sandbox)
        for tree in "abc":
            bench.run("x = 1", tree_id=tree)
        codes = ("print(x)", "import sympy\nprint(x)")
        waiting = [bench.start(("x = 1", f"{code} # {n}"), tree) for n in range(4) for tree in "abc" for code in codes]
        found = bench.wait()
        assert {found[request_id].stdout for request_id in waiting} == {"1\n"}


def test_an_open_file_is_never_shared_between_branches(bench: Bench) -> None:
    prefix = ("import os\nf = open(os.__file__)", "line = f.readline()")
    bench.grow(*prefix, tree_id="file")
    positions = [bench.run(*prefix, "f.read(100)\nf.tell()", tree_id="file").value for _ in range(2)]
    assert positions[0] == positions[1]


BORROWED_NUMBERS = {
    "file": "os.close(1)\nos.close(2)\nf = open(os.__file__)\ng = open(os.__file__)",
    "copy of its socket": "os.close(1)\nos.close(2)\nf = open(os.devnull)\nos.dup(max(n for n in range(64) if is_open(n)))",
}


@pytest.mark.parametrize("what", BORROWED_NUMBERS)
def test_what_is_open_under_the_numbers_of_the_standard_streams_is_not_shared_either(bench: Bench, what: str) -> None:
    is_open = "import os\ndef is_open(n):\n    try:\n        return os.fstat(n)\n    except OSError:\n        return None\n"
    prefix = (f"{is_open}{BORROWED_NUMBERS[what]}\npid = os.getpid()", "f.read(10)\nf.tell()")
    bench.grow(prefix[0], tree_id=what)
    siblings = [bench.run(*prefix, tree_id=what) for _ in range(2)]
    assert siblings[0].value == siblings[1].value
    # The prefix was no snapshot, so that each child ran it in a process of its own.
    assert len({bench.run(prefix[0], f"print({n}, pid)", tree_id=what).stdout.split()[1] for n in range(2)}) == 2


def test_a_timer_does_not_outlive_its_step(bench: Bench) -> None:
    timer = "import signal, time\nsignal.setitimer(signal.ITIMER_REAL, 0.05)\ns = sum(i * i for i in range(1000))"
    bench.grow(timer, tree_id="timer")
    assert bench.run(timer, "time.sleep(0.3)\ns", tree_id="timer").outcome == "ok"


def test_hundreds_of_steps_leave_no_process_and_no_descriptor() -> None:
    with closing(open_sandbox(SandboxSettings(snapshot_after_ms=0.0, n_snapshots=8))) as sandbox:
        bench = Bench(sandbox)
        worker, _, _, _ = processes(bench)
        opened = []
        for turn in range(3):
            ids = [
                bench.start((f"x = {n}", "import os\nos._exit(1)" if n % 3 else "x")[: 1 + n % 2], f"{n}") for n in range(100)
            ]
            assert len(bench.wait()) == len(ids)
            for n in range(100):
                sandbox.release(f"{n}")
            bench.run("'last'", tree_id=f"turn {turn}")
            sandbox.release(f"turn {turn}")
            assert settles_at(bench, 0)
            opened.append(len(list(Path(f"/proc/{worker}/fd").iterdir())))
        assert len(set(opened)) == 1


@pytest.mark.parametrize("snapshot_after_ms", [0.0, 1e6])
def test_many_trees_grow_at_once_without_mixing(snapshot_after_ms: float) -> None:
    with closing(open_sandbox(SandboxSettings(snapshot_after_ms=snapshot_after_ms, n_snapshots=16))) as sandbox:
        bench = Bench(sandbox)
        paths = {n: (f"x = {n}",) for n in range(24)}
        for depth in range(3):
            waiting = {bench.start(path, str(n)): n for n, path in paths.items()}
            for request_id, execution in bench.wait().items():
                n = waiting[request_id]
                assert execution.outcome == "ok"
                assert execution.stdout == ("" if depth == 0 else f"{n} {depth}\n")
            paths = {n: (*path, f"print(x, {depth + 1})") for n, path in paths.items()}


def settles_at(bench: Bench, n: int) -> bool:
    """Return whether the number of processes below the zygote becomes n: what is killed takes a moment to be gone."""
    deadline = time.monotonic() + 10
    while len(descendants(bench)) != n and time.monotonic() < deadline:
        time.sleep(0.02)
    return len(descendants(bench)) == n


def descendants(bench: Bench) -> list[int]:
    """Return the processes below the light zygote, without those that ended and wait to be reaped."""
    found = []
    queue = [processes(bench)[2]]
    while queue:
        for child in children(queue.pop()):
            queue.append(child)
            if Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append(child)
    return found
