"""A small lake with one whole, right round in it, for tests that break one thing at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.gates.settings import GateSettings
from warehouse.measured import Evaluation
from warehouse.records import (
    Batch,
    CheckpointRow,
    Node,
    PreferencePair,
    Problem,
    RoundRow,
    SftExample,
    Trajectory,
    VerificationRow,
)
from warehouse.store.lake import Warehouse

ROUND = 1
SETTINGS = GateSettings(min_sft_examples=4, min_preference_pairs=4)
TREES = 5
TABLES = (
    "problems",
    "quarantine",
    "near_duplicates",
    "rounds",
    "batches",
    "nodes",
    "trajectories",
    "verifications",
    "sft_examples",
    "preference_pairs",
    "evaluations",
    "gate_results",
)


def batch(stage: str, round_number: int = ROUND, shard: str = "all") -> Batch:
    return Batch(round_number, stage, shard, "fingerprint")


def node(tree: int, node_id: int, parent_id: int | None, correct: int, wrong: int, answer: str | None) -> Node:
    return Node(
        tree_id=f"t{tree}",
        problem_id=f"p{tree}",
        node_id=node_id,
        parent_id=parent_id,
        depth=0 if parent_id is None else 1,
        text=f"\nstep {node_id}",
        n_tokens=3,
        n_merged=1,
        outcome="not_run" if parent_id is None else "ok",
        stdout="",
        error=None,
        ending="answer" if answer else None,
        answer=answer,
        verdict=("correct" if correct else "wrong") if answer else None,
        grading_method="exact" if answer else None,
        n_visits=correct + wrong,
        n_correct=correct,
        n_wrong=wrong,
        ppm_score=None,
        q_value=(correct - wrong) / (correct + wrong),
    )


def problems() -> list[Problem]:
    train = [Problem(f"p{i}", f"What is {i} + {i}?", str(2 * i), "here", 1, "train") for i in range(TREES)]
    validation = [Problem(f"v{i}", f"What is {i} * {i}?", str(i * i), "here", 1, "validation") for i in range(2)]
    return [*train, *validation, Problem("x0", "What is 7 - 7?", "0", "here", 1, "test")]


@contextmanager
def whole_round(home: Path) -> Iterator[Warehouse]:
    """A lake with one round of five trees: each a root, a right answer and a wrong one."""
    with Warehouse.open(home) as lake:
        lake.ingest(batch("ingest", 0), problems(), [])
        lake.start_round(RoundRow(ROUND, "running", "fingerprint", "{}", "version", "base", None))
        trees = range(TREES)
        nodes = [n for i in trees for n in (node(i, 0, None, 2, 1, None), node(i, 1, 0, 2, 0, "1"), node(i, 2, 0, 0, 1, "2"))]
        lake.commit(batch("rollout"), {"nodes": nodes})
        paths = [Trajectory(f"t{i}-1", f"t{i}", f"p{i}", 1, (0, 1), 1, "1", "correct", 1.0, None, "hash") for i in trees]
        pairs = [PreferencePair(f"p{i}", "step", f"t{i}", 1, f"t{i}", 2, 0, 1.0, -1.0, 1.0) for i in trees]
        lake.commit(batch("trajectories"), {"trajectories": paths})
        verified = [VerificationRow(f"t{i}-1", f"p{i}", "verified", None) for i in trees]
        lake.commit(batch("verify"), {"verifications": verified})
        lake.commit(batch("annotate-sft"), {"sft_examples": [SftExample(f"p{i}", f"t{i}-1", ROUND, 1, 1.0) for i in trees]})
        lake.commit(batch("annotate-pairs"), {"preference_pairs": pairs})
        for kind, name in (("policy", "new"), ("ppm", "new-ppm")):
            lake.record_checkpoint(CheckpointRow(name, kind, ROUND, "base", None, "fingerprint", "file", "candidate"))  # type: ignore[arg-type]
        lake.set_candidates(ROUND, "new", "new-ppm")
        lake.commit(batch("evaluate", 0), {"evaluations": [evaluation("base", None, "greedy_pass_1", 0.5)]})
        lake.commit(
            batch("evaluate"),
            {
                "evaluations": [
                    evaluation("new", "new-ppm", "greedy_pass_1", 0.6),
                    evaluation("new", "new-ppm", "ppm_pair_accuracy", 0.9),
                ]
            },
        )
        yield lake


def evaluation(policy_id: str, ppm_id: str | None, metric: str, value: float) -> Evaluation:
    return Evaluation(policy_id, ppm_id, "validation", metric, None, value, 100)


def change(lake: Warehouse, sql: str) -> None:
    """Break something in the lake, past every safeguard."""
    with lake.transaction("broken by a test", {}) as cursor:
        cursor.execute(sql)


@contextmanager
def restored(lake: Warehouse) -> Iterator[Warehouse]:
    """The lake, for one test; afterwards every row is again as it was before."""
    before = {table: lake.query(f"select * from {table}").to_arrow() for table in TABLES}
    yield lake
    with lake.transaction("restored after a test", {}) as cursor:
        for table, rows in before.items():
            cursor.register("rows_before", rows)
            cursor.execute(f"delete from {table}; insert into {table} by name select * from rows_before")
