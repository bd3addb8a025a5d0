"""Small search trees for tests: the reader sees the tree, the builder fills in what follows from it."""

from collections.abc import Sequence

from warehouse.records import Batch, Ending, Node, Problem, RoundRow, Verdict, VerificationRow
from warehouse.store.lake import Warehouse

FINGERPRINT = "f" * 8


def problem(problem_id: str = "p1", level: int | None = 1, split: str = "train", answer: str = "1") -> Problem:
    return Problem(problem_id, f"statement of {problem_id}", answer, "test", level, split)


def node(
    node_id: int,
    parent_id: int | None,
    text: str,
    *,
    depth: int,
    visits: tuple[int, int] = (0, 0),
    ending: Ending | None = None,
    verdict: Verdict | None = None,
    tree_id: str = "t1",
    problem_id: str = "p1",
    n_merged: int = 1,
) -> Node:
    """visits = (that ended correct, that ended wrong)."""
    n_correct, n_wrong = visits
    n_visits = n_correct + n_wrong
    return Node(
        tree_id=tree_id,
        problem_id=problem_id,
        node_id=node_id,
        parent_id=parent_id,
        depth=depth,
        text=text,
        n_tokens=len(text),
        n_merged=n_merged,
        outcome="not_run" if parent_id is None else "ok",
        stdout="",
        error=None,
        ending=ending,
        answer="1" if verdict == "correct" else "2" if verdict else None,
        verdict=verdict,
        grading_method="exact" if verdict else None,
        n_visits=n_visits,
        n_correct=n_correct,
        n_wrong=n_wrong,
        ppm_score=None,
        q_value=(n_correct - n_wrong) / n_visits if n_visits else None,
    )


def small_tree(tree_id: str = "t1", problem_id: str = "p1") -> list[Node]:
    """A prompt P, steps a (mostly right) and b (always wrong), answers below them.

    P -- a -- a1 correct (3 visits)
      |    `- a2 wrong   (1 visit)
      |- b -- b1 wrong   (2 visits)
      `- c    never visited
    """
    of = {"tree_id": tree_id, "problem_id": problem_id}
    return [
        node(0, None, "P", depth=0, visits=(3, 3), **of),
        node(1, 0, "a", depth=1, visits=(3, 1), **of),
        node(2, 0, "b", depth=1, visits=(0, 2), **of),
        node(3, 0, "c", depth=1, **of),
        node(4, 1, "a1", depth=2, visits=(3, 0), ending="answer", verdict="correct", **of),
        node(5, 1, "a2", depth=2, visits=(0, 1), ending="answer", verdict="wrong", **of),
        node(6, 2, "b1", depth=2, visits=(0, 2), ending="answer", verdict="wrong", **of),
    ]


def retold(tree: list[Node], mark: str) -> list[Node]:
    """The same tree in other words, so that its solutions are other solutions."""
    return [Node(**{name: getattr(n, name) for name in Node.__slots__} | {"text": n.text + mark}) for n in tree]


def batch(round_number: int, stage: str, shard: str = "000", **costs: float) -> Batch:
    """Return a batch that took a second where nothing else is said: without a time the lake measures its own."""
    return Batch(round_number, stage, shard, FINGERPRINT, "v1", "flow-1", "task-1", **{"wall_seconds": 1.0, **costs})


def round_row(round_number: int = 1, policy_id: str = "base-0", ppm_id: str | None = None) -> RoundRow:
    return RoundRow(round_number, "running", FINGERPRINT, "{}", "v1", policy_id, ppm_id, flow_run_id="flow-1")


def ingest(lake: Warehouse, *problems: Problem) -> None:
    lake.ingest(batch(0, "ingest"), problems or (problem(),), ())


def search(lake: Warehouse, round_number: int, nodes: Sequence[Node], shard: str = "000") -> None:
    """Commit trees and their trajectories."""
    lake.commit(batch(round_number, "rollout", shard), {"nodes": nodes})
    lake.run_statement(batch(round_number, "trajectories", shard), "annotate_trajectories", round=round_number, shard=shard)


def verify(lake: Warehouse, round_number: int, outcomes: dict[str, str]) -> None:
    """Commit what came of re-executing trajectories, by trajectory_id."""
    problem_ids = dict(lake.query("select trajectory_id, problem_id from trajectories").rows())
    rows = [VerificationRow(found, problem_ids[found], outcome, None) for found, outcome in outcomes.items()]
    lake.commit(batch(round_number, "verify"), {"verifications": rows})
