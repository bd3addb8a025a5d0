"""Two small rounds whose figures can be worked out by hand.

Round 1 searches p1 (solved, verified) and p2 (only wrong answers); round 2 finds the same solution of p1 again, solves p2,
and fails to replay nothing. Values of the small tree: q(a) = (3 - 1) / 4, q(b) = -1, so that its trajectories have mean
Q-values (0.5 + 1) / 2 = 0.75 (correct), (0.5 - 1) / 2 = -0.25 and -1 (wrong).
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.warehouse.trees import batch, ingest, node, problem, round_row, search, small_tree, verify
from warehouse.measured import Evaluation, EvaluationAnswer
from warehouse.records import CheckpointRow, Node
from warehouse.store.lake import Warehouse


def wrong_tree(tree_id: str, problem_id: str) -> list[Node]:
    of = {"tree_id": tree_id, "problem_id": problem_id}
    return [
        node(0, None, "P", depth=0, visits=(0, 2), **of),
        node(1, 0, "x", depth=1, visits=(0, 2), ending="answer", verdict="wrong", **of),
    ]


def answers(round_number: int, verdicts: dict[str, str]) -> list[EvaluationAnswer]:
    """verdicts: one letter per sampled answer of a problem, c(orrect) or w(rong)."""
    return [
        EvaluationAnswer(
            f"policy-{round_number}",
            None,
            "validation",
            problem_id,
            "sample",
            k,
            "1",
            "correct" if letter == "c" else "wrong",
            0.5,
            9,
        )
        for problem_id, letters in verdicts.items()
        for k, letter in enumerate(letters)
    ]


@pytest.fixture(scope="session")
def two_rounds(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("rounds") / "home")
    with Warehouse.open(home) as lake:
        ingest(lake, problem("p1", 1), problem("p2", 2), problem("p3", 2, "validation"))
        trees = {1: small_tree("t1", "p1") + wrong_tree("t2", "p2"), 2: small_tree("t3", "p1") + small_tree("t4", "p2")}
        verified = {1: {"t1-4": "verified"}, 2: {"t3-4": "verified", "t4-4": "verified"}}
        for number in (1, 2):
            lake.start_round(round_row(number, "base-0" if number == 1 else "policy-1"))
            search(lake, number, trees[number])
            verify(lake, number, verified[number])
            lake.run_statement(batch(number, "annotate-sft"), "annotate_sft", round=number)
            lake.run_statement(batch(number, "annotate-pairs"), "annotate_pairs", round=number)
            snapshot_id = lake.pin_training_snapshot(number)
            lake.record_checkpoint(
                CheckpointRow(f"policy-{number}", "policy", number, "base-0", snapshot_id, "f" * 8, "file:///x", "candidate")
            )
            lake.promote(number, f"policy-{number}", None)
            share = 0.25 * number
            lake.commit(
                batch(number, "evaluate", wall_seconds=3.0),
                {
                    "evaluation_answers": answers(number, {"p3": "cwww" if number == 1 else "ccww"}),
                    "evaluations": [
                        Evaluation(f"policy-{number}", None, "validation", "greedy_pass_1", None, share, 1),
                        Evaluation(f"policy-{number}", None, "test", "greedy_pass_1", None, 0.99, 1),
                    ],
                },
            )
        yield lake


def rows(frame: pl.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return frame.select(columns).rows()
