"""Measure how full an accelerator's engine stays during search: simulated tokens, the real driver, sandbox and grader.

    python -m tests.benchmarks.search_accelerator [--trees 64] [--shards 2] [--rollouts 3] [--apart] [--write]

For each number of trees in flight, shards of so many problems are searched as a round does it: by threads that share one
machinery. `busy` is the share of time with at least the engine's saturating number of sequences running (64), from the first
tree to the start of the last one; `used` is the share of the peak throughput. `tail` is what comes after, when no tree is left
to start. `apart` is the same with each shard alone, the next one waiting until its last tree is done: the cliff that
sharing removes. Steps are light, but for 5 % that use sympy and 3 % that wait, Pareto-distributed up to 5 s.
"""

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.grading.grader import open_grader
from tasks.grading.settings import GradingSettings
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.settings import SandboxSettings
from tasks.search.ask import Search
from tasks.search.driver import Driver, Machinery
from tasks.search.expansion import Guidance
from tasks.search.mcts import grow_tree
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchTree
from tests.benchmarks.search_ground import cpu_now, write
from tests.benchmarks.simulated_engine import CURVE, SATURATION, SimulatedEngine

BASELINE = Path(__file__).with_name("search_accelerator_baseline.json")
N_CANDIDATES = 8
SANDBOX = SandboxSettings(n_workers=16, timeout_seconds=20.0)


@dataclass
class Shards:
    """The trees of some shards, and when the last of them began."""

    n_shards: int
    n_trees: int
    search: SearchSettings
    last_began: float = 0.0
    n_done: int = 0

    def searches(self, shard: int) -> Iterator[tuple[str, Search[SearchTree]]]:
        for number in range(self.n_trees):
            key = f"{shard}-{number}"
            self.last_began = time.perf_counter()
            yield key, grow_tree(key, key, f"problem {key}", self.search, Guidance("0", False))


def searched(n_shards: int, n_trees: int, search: SearchSettings, *, shared: bool) -> dict[str, Any]:
    """Return how full the engine was while shards of n_trees were searched with n_trees in flight."""
    shards = Shards(n_shards, n_trees, search)
    with closing(open_sandbox(SANDBOX)) as sandbox, closing(open_grader(GradingSettings())) as grader:
        engine = SimulatedEngine(time.perf_counter, time.sleep)
        machinery = Machinery(engine, sandbox, grader, time.perf_counter, lambda: False)
        began, cpu = time.perf_counter(), cpu_now()

        def run(shard: int) -> None:
            driver: Driver[SearchTree] = Driver(machinery, window=n_trees)
            for _ in driver.run(shards.searches(shard)):
                shards.n_done += 1

        _in_threads(run, n_shards) if shared else [run(shard) for shard in range(n_shards)]
        ended = time.perf_counter()
        used = cpu_now() - cpu
    assert shards.n_done == n_shards * n_trees
    slices = engine.busy.slices
    full = int(shards.last_began - began)
    return {
        "n_trees": n_shards * n_trees,
        "seconds": round(ended - began, 1),
        "used": _mean(slices[:full]),
        "tail_seconds": round(ended - shards.last_began, 1),
        "tail_used": _mean(slices[full:]),
        "used_overall": round(engine.busy.tokens / CURVE[-1][1] / (ended - began), 3),
        "at_saturation_overall": round(engine.busy.at_saturation / (ended - began), 3),
        "least_used_in_5_seconds": _least(slices[2:full]),
        "trees_per_second": round(shards.n_done / (ended - began), 2),
        "cpu_share_of_driver": round(used.driver / (ended - began), 3),
        "cpu_share_of_sandbox": round(used.sandbox / (ended - began), 3),
    }


def _in_threads(run: Callable[[int], None], n: int) -> None:
    threads = [threading.Thread(target=run, args=(index,)) for index in range(n)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()


def _mean(values: list[float]) -> float:
    return round(sum(values) / len(values), 3) if values else 0.0


def _least(slices: list[float]) -> float:
    means = [sum(slices[start : start + 5]) / 5 for start in range(max(1, len(slices) - 4))]
    return round(min(means), 3)


def main() -> None:
    """Measure, print, and store where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trees", type=int, nargs="+", default=[64])
    parser.add_argument("--shards", type=int, default=2)
    parser.add_argument("--rollouts", type=int, default=3)
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    search = SearchSettings(n_rollouts=arguments.rollouts, n_candidates=N_CANDIDATES)
    figures: dict[str, Any] = {}
    for n_trees in arguments.trees:
        name = f"{n_trees} in flight{', shards apart' * arguments.apart}"
        figures[name] = searched(arguments.shards, n_trees, search, shared=not arguments.apart)
        print(figures, flush=True)
    settings = {"search": search.model_dump(), "sandbox": SANDBOX.model_dump(), "curve": CURVE, "saturation": SATURATION}
    write(BASELINE, settings, figures, store=arguments.write)


if __name__ == "__main__":
    main()
