"""The measured stages of the warehouse: ingest, annotation in SQL, exports, and the queries a person asks."""

import time
from pathlib import Path
from typing import Any

from tests.benchmarks.annotation_trees import problem_ids, shard_names, trees
from warehouse.records import Batch, Problem
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

SETTINGS = WarehouseSettings(memory_limit_mib=2048, n_threads=2)

Figures = dict[str, float]


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


def annotate(home: Path) -> Figures:
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


def export(home: Path) -> Figures:
    """The SFT set as text, and the pairs as text."""
    with Warehouse.open(home, SETTINGS, read_only=True) as lake:
        n_sft = lake.export("export_sft", home / "sft.parquet", round=1)
        n_pairs = lake.export("export_pairs", home / "pairs.parquet", round=1)
    return {"n_sft_examples": n_sft, "n_pairs": n_pairs}


def ask(home: Path) -> Figures:
    """The queries a person asks, on an open connection, best of three."""
    with Warehouse.open(home, SETTINGS, read_only=True) as lake:
        some = lake.query("select trajectory_id from trajectories order by trajectory_id limit 1 offset 7").item()
        asked = {"coverage": {}, "round_summary": {}, "trajectory": {"trajectory_id": some}}
        return {f"{name}_seconds": min(_seconds(lake, name, given) for _ in range(3)) for name, given in asked.items()}


def _seconds(lake: Warehouse, name: str, given: dict[str, Any]) -> float:
    before = time.perf_counter()
    lake.query(name, **given)
    return time.perf_counter() - before
