"""Measure the sandbox: CPU per step along chains, steps per second, memory of many trees in flight.

    python -m tests.benchmarks.sandbox [--trees 4] [--write]

--write stores the figures in sandbox_baseline.json. CPU is that of every process: driver, worker, keepers, zygotes, snapshots,
steps. Beside the sandbox, on the same codes: re-execution of the whole prefix in a fresh fork for every step, and the prefix
executed with `exec` in one long-lived process without any isolation, which is what rStar-Math's published code does.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from tasks.sandbox.base import Execution, ExecutionRequest
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.host.pool import ForkSandbox
from tasks.sandbox.settings import SandboxSettings

BASELINE = Path(__file__).with_name("sandbox_baseline.json")
DEPTH = 16
PATIENT = SandboxSettings(n_workers=2, timeout_seconds=120.0, cpu_seconds=120)

LIGHT = tuple(
    f"# step {n}\nunits_{n} = {n} * 12 + {f'units_{n - 1}' if n else 5}\n"
    f"rows = [units_{n} % k for k in range(1, 9)]\nprint(sum(rows))"
    for n in range(DEPTH)
)
HEAVY = (
    "from sympy import *\nx, y, z = symbols('x y z')\nf = x**3 - 6*x**2 + 11*x - 6\nprint(factor(f))",
    "roots_f = solve(f, x)\nprint(roots_f)",
    "g = integrate(f * exp(-x), x)\nprint(g)",
    "h = simplify(diff(g, x) - f * exp(-x))\nprint(h)",
    "line = solve([x + y - 7, 2*x - y - 2], [x, y])\nprint(line)",
    "area = integrate(x**2 * sin(x), (x, 0, pi))\nprint(area)",
    "t = trigsimp(sin(x)**4 - cos(x)**4 + cos(2*x))\nprint(t)",
    "lim = limit((exp(x) - 1 - x) / x**2, x, 0)\nprint(lim)",
    "s = series(log(1 + x), x, 0, 6)\nprint(s)",
    "m = Matrix([[2, 1, 0], [1, 3, 1], [0, 1, 4]])\nprint(m.det(), m.inv())",
    "e = expand((x + y + z)**6)\nprint(len(e.args))",
    "q = solve(x**4 - 5*x**2 + 4, x)\nprint(q)",
    "r = apart((3*x + 5) / ((x + 1) * (x + 2) * (x - 3)), x)\nprint(r)",
    "p = summation(1 / (x * (x + 1)), (x, 1, 50))\nprint(p)",
    "w = nsimplify(Rational(7, 3) + sqrt(8), [sqrt(2)])\nprint(simplify(w))",
    "final = simplify(area + sum(q) + p)\nprint(final)",
)

IN_PROCESS = """
import contextlib, io, json, sys, time
import sympy
x = sympy.Symbol("x")
sympy.solve(x**2 - 3 * x + 2, x); sympy.simplify(sympy.sin(x) ** 2 + sympy.cos(x) ** 2); sympy.integrate(x * sympy.sin(x), x)
steps, n_trees, times = json.load(sys.stdin), int(sys.argv[1]), []
for tree in range(n_trees):
    for depth in range(len(steps)):
        start = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()):
            exec("\\n".join([f"tree = {tree}", *steps[:depth + 1]]), {})
        times.append((depth, time.process_time() - start))
print(json.dumps([1000 * sum(t for d, t in times if d == depth) / n_trees for depth in range(len(steps))]))
"""


def family(root: int) -> list[int]:
    """Return the processes below a process."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    found, queue = [], [root]
    while queue:
        below = parents.get(queue.pop(), [])
        found += below
        queue += below
    return found


def cpu_seconds() -> float:
    """Return the CPU of this process and of all below it, those that were reaped included."""
    total = time.process_time()
    for pid in family(os.getpid()):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
            total += (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            continue
    return total


def memory_mib() -> float:
    """Return the memory of all processes below this one, shared pages counted once (Pss), in MiB."""
    total = 0
    for pid in family(os.getpid()):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def run_all(sandbox: ForkSandbox, requests: list[ExecutionRequest]) -> list[Execution]:
    """Return the executions of all requests, submitted at once."""
    for request in requests:
        sandbox.submit(request)
    finished: list[Execution] = []
    while sandbox.n_pending:
        finished += sandbox.poll(1.0)
    bad = [execution for execution in finished if execution.outcome != "ok"]
    assert not bad, bad[:1]
    return finished


def chain(settings: SandboxSettings, steps: tuple[str, ...], n_trees: int) -> list[float]:
    """Return the CPU in ms per step at each depth, of n_trees trees that grow one chain each."""
    with closing(open_sandbox(settings)) as sandbox:
        warm = "import sympy\n0" if steps is HEAVY else "0"
        run_all(sandbox, [ExecutionRequest(-1 - n, f"warm {n}", (warm,)) for n in range(4)])
        by_depth = []
        for depth in range(len(steps)):
            before = cpu_seconds()
            paths = [(f"tree = {tree}\n{steps[0]}", *steps[1 : depth + 1]) for tree in range(n_trees)]
            run_all(sandbox, [ExecutionRequest(tree, f"tree {tree}", path) for tree, path in enumerate(paths)])
            by_depth.append(1000 * (cpu_seconds() - before) / n_trees)
    return by_depth


def in_process(steps: tuple[str, ...], n_trees: int) -> list[float]:
    """Return the CPU in ms per step at each depth when the prefix is executed again in one process without isolation."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    result = subprocess.run(
        [sys.executable, "-c", IN_PROCESS, str(n_trees)],
        input=json.dumps(steps),
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    by_depth: list[float] = json.loads(result.stdout)
    return by_depth


def throughput(n_steps: int) -> dict[str, float]:
    """Return light steps per second with two workers, and CPU in ms per step."""
    with closing(open_sandbox(PATIENT)) as sandbox:
        before, start = cpu_seconds(), time.perf_counter()
        requests = [ExecutionRequest(n, f"tree {n % 64}", LIGHT[: n % DEPTH + 1]) for n in range(n_steps)]
        run_all(sandbox, requests)
        seconds = time.perf_counter() - start
        return {"steps_per_second": n_steps / seconds, "cpu_ms": 1000 * (cpu_seconds() - before) / n_steps}


def memory_in_flight(n_trees: int, n_candidates: int) -> dict[str, float]:
    """Return the peak memory while each of n_trees has n_candidates sympy steps in flight, all at once."""
    with closing(open_sandbox(PATIENT)) as sandbox:
        prefixes = [(f"tree = {tree}\n{HEAVY[0]}", HEAVY[1]) for tree in range(n_trees)]
        for length in (1, 2):
            run_all(sandbox, [ExecutionRequest(tree, f"tree {tree}", path[:length]) for tree, path in enumerate(prefixes)])
        for tree, path in enumerate(prefixes):
            for n in range(n_candidates):
                code = f"print(integrate(f * x**{n % 3}, x) + {n})"
                sandbox.submit(ExecutionRequest(tree * n_candidates + n, f"tree {tree}", (*path, code)))
        n_finished, peak, next_look = 0, 0.0, 0.0
        while sandbox.n_pending:
            n_finished += len(sandbox.poll(0.5))
            if time.perf_counter() >= next_look:
                peak = max(peak, memory_mib())
                next_look = time.perf_counter() + 1.0
        peak = max(peak, memory_mib())
        n_processes = len(family(os.getpid()))
    return {
        "n_trees": n_trees,
        "n_candidates": n_candidates,
        "n_finished": n_finished,
        "peak_mib": peak,
        "n_processes": n_processes,
    }


def figures_of(by_depth: list[float]) -> dict[str, Any]:
    """Return the figures of one chain."""
    return {
        "cpu_ms_mean": round(sum(by_depth) / len(by_depth), 3),
        "cpu_ms_by_depth": [round(value, 2) for value in by_depth],
    }


def measure(n_trees: int) -> dict[str, Any]:
    """Return all figures."""
    replay = PATIENT.model_copy(update={"n_snapshots": 0})
    chains: dict[str, Any] = {}
    for name, steps, trees in (("light", LIGHT, 16 * n_trees), ("heavy", HEAVY, n_trees)):
        chains[name] = {
            "sandbox": figures_of(chain(PATIENT, steps, trees)),
            "re-execution in a fork": figures_of(chain(replay, steps, trees)),
            "in process, no isolation": figures_of(in_process(steps, trees)),
        }
    return {
        "machine": {"system": platform.release(), "cores": os.cpu_count(), "load": os.getloadavg()[0]},
        "chain_of_16": chains,
        "throughput": throughput(2000),
        "memory": memory_in_flight(64, 12),
    }


def main() -> None:
    """Measure, print, and store where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trees", type=int, default=4)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    figures = measure(arguments.trees)
    text = json.dumps(figures, indent=2)
    print(text)
    if arguments.write:
        BASELINE.write_text(text + "\n")


if __name__ == "__main__":
    main()
