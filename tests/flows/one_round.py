"""A small home built by hand: one problem, one searched tree, one promoted round."""

from pathlib import Path

from tasks.search.format import prompt
from tests.warehouse.trees import batch, ingest, node, problem, round_row, search, verify
from warehouse.measured import GateResult
from warehouse.records import CheckpointRow, Node, QuarantinedRow, Source
from warehouse.store.lake import Warehouse

ROOT = prompt("statement of p1")


def tree() -> list[Node]:
    """A root, a right and a wrong step, and an answer below each."""
    return [
        node(0, None, ROOT, depth=0, visits=(1, 1)),
        node(1, 0, "\na<end_of_step>", depth=1, visits=(1, 0)),
        node(2, 0, "\nb<end_of_step>", depth=1, visits=(0, 1)),
        node(3, 1, "\nc<end_of_code>", depth=2, visits=(1, 0), ending="answer", verdict="correct"),
        node(4, 2, "\nd<end_of_code>", depth=2, visits=(0, 1), ending="answer", verdict="wrong"),
    ]


def build_one_round(home: Path) -> Path:
    """Return the home after its round was promoted."""
    with Warehouse.open(home) as lake:
        ingest(lake, problem("p1"), problem("x1", split="test"))
        refused = QuarantinedRow("test", 0, "contaminated: equals test problem x1 of test", "s")
        lake.ingest(batch(0, "ingest", "refused"), [], [refused])
        lake.commit(batch(0, "sources"), {"sources": [Source("test", "train", "MIT", "a", "h", 2, 1)]})
        lake.start_round(round_row(1))
        search(lake, 1, tree())
        verify(lake, 1, {"t1-3": "verified"})
        lake.run_statement(batch(1, "annotate-sft"), "annotate_sft", round=1)
        lake.run_statement(batch(1, "annotate-pairs"), "annotate_pairs", round=1)
        lake.commit(
            batch(1, "gate-training-data"),
            {"gate_results": [GateResult("training-data", "x", "t", "c", "1", ">= 1", True, 0, "")]},
        )
        snapshot_id = lake.pin_training_snapshot(1)
        lake.record_checkpoint(CheckpointRow("policy-1", "policy", 1, "base-0", snapshot_id, "f" * 8, "file:///x", "candidate"))
        lake.promote(1, "policy-1", None)
    return home
