"""Measure the warehouse on a synthetic round: ingest, annotation in SQL, exports, size on disk; plain Python beside it.

    python -m tests.benchmarks.annotation [--problems 1000] [--plain] [--write]

Every stage runs in a process of its own, so that its peak memory is its own; CPU is that of all its threads. --plain sets the
way of scripts over JSON trees beside it (annotation_plain.py), on the same trees, with its CPU and memory as multiples of ours.
--write stores the figures in annotation_baseline.json under the number of problems.
"""

import argparse
import json
import multiprocessing
import platform
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from hashlib import md5
from pathlib import Path
from typing import Any

from tests.benchmarks.annotation_plain import plain_way
from warehouse.records import Batch, Node, Problem
from warehouse.settings import WarehouseSettings
from warehouse.store import Warehouse

BASELINE = Path(__file__).with_name("annotation_baseline.json")
PROBLEMS_PER_SHARD = 5000
SETTINGS = WarehouseSettings(memory_limit_mib=2048, n_threads=2)
N_ROLLOUTS, N_CANDIDATES, MAX_DEPTH = 16, 6, 8

Figures = dict[str, float]


def shaped_tree(rng: random.Random) -> list[dict[str, Any]]:
    """A tree of about 120 nodes: 16 rollouts, 6 candidates at each expansion, answers from depth 3 on; texts hold {0}."""
    nodes: list[dict[str, Any]] = [_shape(0, None, 0, "<|user|>:\nA number {0} is given.\n<|assistant|>: Let's think.<code>")]
    children: dict[int, list[dict[str, Any]]] = {}
    for _ in range(N_ROLLOUTS):
        path = [nodes[0]]
        while path[-1]["ending"] is None:
            here = path[-1]
            if here["node_id"] not in children:
                children[here["node_id"]] = [_child(rng, here, len(nodes) + i) for i in range(N_CANDIDATES)]
                nodes += children[here["node_id"]]
            path.append(rng.choice(children[here["node_id"]][:2]))
        for node in path:
            node["n_visits"] += 1
            node["n_correct"] += path[-1]["verdict"] == "correct"
            node["n_wrong"] += path[-1]["verdict"] != "correct"
    for node in nodes:
        node["q_value"] = (node["n_correct"] - node["n_wrong"]) / node["n_visits"] if node["n_visits"] else None
    return nodes


def _child(rng: random.Random, parent: dict[str, Any], node_id: int) -> dict[str, Any]:
    depth = parent["depth"] + 1
    value = rng.randrange(1000)
    node = _shape(
        node_id, parent["node_id"], depth, f"\n# Then take {value} more than {{0}}\nx{depth} = {{0}} + {value}\n<end_of_step>"
    )
    if depth == MAX_DEPTH or (depth >= 3 and rng.random() < 0.4):
        node.update(ending="answer", verdict=rng.choice(["correct", "wrong"]), answer=str(value))
    elif rng.random() < 0.1:
        node.update(ending="too_many_errors", outcome="error", error="NameError: name 'y' is not defined")
    return node


def _shape(node_id: int, parent_id: int | None, depth: int, text: str) -> dict[str, Any]:
    return {
        "node_id": node_id, "parent_id": parent_id, "depth": depth, "text": text, "n_tokens": 25, "n_merged": 1,
        "outcome": "ok" if node_id else "not_run", "stdout": "", "error": None, "ending": None, "answer": None, "verdict": None,
        "grading_method": None, "n_visits": 0, "n_correct": 0, "n_wrong": 0, "ppm_score": None, "q_value": None,
    }  # fmt: skip


def shapes() -> list[list[dict[str, Any]]]:
    rng = random.Random("annotation benchmark")
    return [shaped_tree(rng) for _ in range(100)]


def problem_ids(n_problems: int) -> list[str]:
    """Return the ids in their order, in which problems are cut into shards."""
    return sorted(md5(str(number).encode()).hexdigest()[:16] for number in range(n_problems))


def trees(names: list[str], first: int, last: int) -> Iterator[list[Node]]:
    """Yield the tree of each problem; what its texts say differs from problem to problem."""
    known = shapes()
    for number in range(first, last):
        name = names[number]
        token = str(number * 7919 % 1_000_003)
        yield [
            Node(tree_id=f"{name}-1", problem_id=name, **{**node, "text": node["text"].replace("{0}", token)})
            for node in known[number % len(known)]
        ]


def shard_names(n_problems: int) -> list[tuple[str, int, int]]:
    return [
        (f"{first // PROBLEMS_PER_SHARD:04}", first, min(first + PROBLEMS_PER_SHARD, n_problems))
        for first in range(0, n_problems, PROBLEMS_PER_SHARD)
    ]


def batch(stage: str, shard: str = "all") -> Batch:
    return Batch(1, stage, shard, "benchmark")


def ingest(home: Path, n_problems: int) -> Figures:
    """Commit the trees shard by shard; only the commits are timed, not the making of the trees."""
    n_nodes, cpu, wall = 0, 0.0, 0.0
    names = problem_ids(n_problems)
    with Warehouse.open(home, SETTINGS) as lake:
        lake.ingest(batch("ingest"), [Problem(name, f"What is {name}?", "1", "benchmark", None, "train") for name in names], ())
        for shard, first, last in shard_names(n_problems):
            nodes = [node for tree in trees(names, first, last) for node in tree]
            cpu_before, wall_before = time.process_time(), time.perf_counter()
            lake.commit(batch("rollout", shard), {"nodes": nodes})
            cpu, wall = cpu + time.process_time() - cpu_before, wall + time.perf_counter() - wall_before
            n_nodes += len(nodes)
    n_bytes = sum(path.stat().st_size for path in (home / "lake").rglob("*") if path.is_file())
    return {"n_nodes": n_nodes, "cpu_seconds": cpu, "wall_seconds": wall, "bytes_per_node": n_bytes / n_nodes}


def annotate(home: Path, n_problems: int) -> Figures:
    """Trajectories and pairs range by range, as the tasks do it; every correct candidate counts as verified."""
    with Warehouse.open(home, SETTINGS) as lake:
        ranges = lake.problem_ranges()
        for one in ranges:
            lake.run_statement(batch("trajectories", one.name), "annotate_trajectories", round=1, **one.parameters)
        with lake.transaction("verified", {}) as cursor:
            cursor.execute(
                """insert into verifications by name
                select trajectory_id, problem_id, 'verified' as verification, 'v' as batch_id, 1 as round from trajectories
                where verdict = 'correct' order by problem_id, trajectory_id"""
            )
        lake.run_statement(batch("annotate-sft"), "annotate_sft", round=1)
        for one in ranges:
            lake.run_statement(batch("annotate-pairs", one.name), "annotate_pairs", round=1, **one.parameters)
    return {}


def export(home: Path, n_problems: int) -> Figures:
    """The SFT set as text, and the pairs as text."""
    with Warehouse.open(home, SETTINGS, read_only=True) as lake:
        n_sft = lake.export("export_sft", home / "sft.parquet", round=1)
        n_pairs = lake.export("export_pairs", home / "pairs.parquet", round=1)
    return {"n_sft_examples": n_sft, "n_pairs": n_pairs}


def ask(home: Path, n_problems: int) -> Figures:
    """The queries a person asks, on an open connection, best of three."""
    with Warehouse.open(home, SETTINGS, read_only=True) as lake:
        some = lake.query("select trajectory_id from trajectories order by trajectory_id limit 1 offset 7").item()
        asked = {"coverage": {}, "round_summary": {}, "trajectory": {"trajectory_id": some}}
        return {f"{name}_seconds": min(_seconds(lake, name, given) for _ in range(3)) for name, given in asked.items()}


def _seconds(lake: Warehouse, name: str, given: dict[str, Any]) -> float:
    before = time.perf_counter()
    lake.query(name, **given)
    return time.perf_counter() - before


def write_json(home: Path, n_problems: int) -> Figures:
    """The same trees as JSON lines, for the plain way; not a measured stage."""
    with (home / "trees.jsonl").open("w", encoding="utf-8") as stream:
        for tree in trees(problem_ids(n_problems), 0, n_problems):
            stream.write(json.dumps([asdict(node) for node in tree]) + "\n")
    return {"n_bytes": (home / "trees.jsonl").stat().st_size}


def plain(home: Path, n_problems: int) -> Figures:
    """What annotate and export do, over the JSON lines."""
    return plain_way(home / "trees.jsonl", home)


def _child_process(stage: Callable[[Path, int], Figures], home: Path, n_problems: int, answer: Any) -> None:
    cpu, wall = time.process_time(), time.perf_counter()
    figures = {"cpu_seconds": 0.0, "wall_seconds": 0.0}
    own = stage(home, n_problems)
    figures.update(cpu_seconds=time.process_time() - cpu, wall_seconds=time.perf_counter() - wall)
    figures["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.send({**figures, **own})


def measured(stage: Callable[[Path, int], Figures], home: Path, n_problems: int) -> Figures:
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child_process, args=(stage, home, n_problems, sender))
    process.start()
    # The other end must be closed here, or a child that dies would leave recv waiting forever.
    sender.close()
    figures: Figures = receiver.recv()
    process.join()
    return {name: round(value, 4) for name, value in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=1000)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="annotation-"))
    stages: list[Callable[[Path, int], Figures]] = [ingest, annotate, export, ask]
    if options.plain:
        measured(write_json, home, options.problems)
        stages.append(plain)
    try:
        result: dict[str, Any] = {stage.__name__: measured(stage, home, options.problems) for stage in stages}
    finally:
        shutil.rmtree(home)
    if options.plain:
        ours = [result[stage] for stage in ("annotate", "export")]
        result["plain_to_ours"] = {
            "cpu": round(result["plain"]["cpu_seconds"] / sum(stage["cpu_seconds"] for stage in ours), 2),
            "memory": round(result["plain"]["peak_mib"] / max(stage["peak_mib"] for stage in ours), 2),
        }
    result["machine"] = f"{platform.machine()}, Python {platform.python_version()}, {SETTINGS.n_threads} DuckDB threads"
    if options.write:
        stored = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
        BASELINE.write_text(json.dumps({**stored, str(options.problems): result}, indent=2, sort_keys=True) + "\n")
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
