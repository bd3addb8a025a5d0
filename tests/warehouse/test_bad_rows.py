"""Given one thing broken at a time, the query that shows broken rows shows these and says why."""

from collections.abc import Iterator

import pytest

from tests.warehouse.gate_lake import ROUND, change, restored, whole_round
from warehouse.rounds.lineage import lineage
from warehouse.store.lake import Warehouse


@pytest.fixture(scope="module")
def shared_lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with whole_round(tmp_path_factory.mktemp("home")) as lake:
        yield lake


@pytest.fixture
def lake(shared_lake: Warehouse) -> Iterator[Warehouse]:
    with restored(shared_lake) as lake:
        yield lake


BROKEN: list[tuple[str, str, str, list[tuple[object, ...]]]] = [
    (
        "bad_nodes",
        "update nodes set q_value = 2 where tree_id = 't0' and node_id = 1; update nodes set outcome = '' where tree_id = 't1'",
        "tree_id, node_id, reason",
        [("t0", 1, "q_value outside [-1, 1]"), *(("t1", i, "unknown outcome") for i in range(3))],
    ),
    (
        "bad_problems",
        "update problems set answer = ' ' where problem_id = 'p0'; update problems set split = 'dev' where problem_id = 'v0'",
        "problem_id, reason",
        [("p0", "its answer is empty"), ("v0", "its split is unknown")],
    ),
    (
        "bad_sft_examples",
        "delete from verifications where problem_id = 'p0'; update trajectories set verdict = 'wrong' where problem_id = 'p1'",
        "problem_id, reason",
        [("p0", "it is not verified"), ("p1", "its answer is not correct")],
    ),
    (
        "bad_trajectories",
        "update trajectories set n_steps = 5 where problem_id = 'p0'; delete from nodes where tree_id = 't1' and node_id = 1",
        "trajectory_id, reason",
        [("t0-1", "n_steps does not fit its path"), ("t1-1", "its terminal node is missing")],
    ),
    (
        "bad_trees",
        "delete from nodes where tree_id = 't0' and node_id = 1; insert into nodes select * from nodes where tree_id = 't1'",
        "tree_id, n_roots, n_repeated_nodes, n_missing_nodes",
        [("t0", 1, 0, 1), ("t1", 2, 3, 0)],
    ),
    (
        "bad_verifications",
        "update trajectories set verdict = 'wrong' where problem_id = 'p0'; delete from trajectories where problem_id = 'p1'",
        "trajectory_id, verdict",
        [("t0-1", "wrong"), ("t1-1", "no such trajectory")],
    ),
    (
        "uncommitted_batches",
        "delete from batches where stage = 'rollout'",
        "table_name, n_rows",
        [("nodes", 15)],
    ),
    (
        "replay_differences",
        "update verifications set verification = 'replay_differs', detail = 'step 1' where problem_id = 'p2'",
        "trajectory_id, verification, detail, verdict_of_search",
        [("t2-1", "replay_differs", "step 1", "correct")],
    ),
    (
        "quarantined_rows",
        "insert into quarantine values ('b', 2, 'no answer', '{}', 'x', 0), ('a', 9, 'not UTF-8', '?', 'x', 0)",
        "source, line_number, reason",
        [("a", 9, "not UTF-8"), ("b", 2, "no answer")],
    ),
    (
        "endings",
        "update nodes set ending = 'max_depth', answer = null, verdict = null where tree_id = 't0' and node_id = 2",
        "ending, outcome, verdict, n_nodes, example_tree_id",
        [("answer", "ok", "correct", 5, "t0"), ("answer", "ok", "wrong", 4, "t1"), ("max_depth", "ok", "none", 1, "t0")],
    ),
    (
        "promotion_evidence",
        "select 1",
        "metric, role, value",
        [("greedy_pass_1", "candidate", 0.6), ("greedy_pass_1", "current", 0.5), ("ppm_pair_accuracy", "candidate", 0.9)],
    ),
]


@pytest.mark.parametrize(("query", "broken", "columns", "expected"), BROKEN, ids=[case[0] for case in BROKEN])
def test_broken_rows_are_shown_with_the_reason(
    lake: Warehouse, query: str, broken: str, columns: str, expected: list[tuple[object, ...]]
) -> None:
    change(lake, broken)
    parameters = {} if query in ("bad_problems", "quarantined_rows") else {"round": ROUND}
    assert lake.query(query, **parameters).select(columns.split(", ")).rows() == expected


@pytest.mark.parametrize("query", ["bad_nodes", "bad_sft_examples", "bad_trajectories", "bad_trees", "bad_verifications"])
def test_a_whole_round_has_no_broken_rows(lake: Warehouse, query: str) -> None:
    assert lake.query(query, round=ROUND).is_empty()


def test_one_step_of_lineage_either_way_and_what_is_said_of_a_thing(lake: Warehouse) -> None:
    assert lake.query("lineage_kind", id="t0-1").rows() == [("trajectory", "t0-1")]
    assert lake.query("lineage_kind", id="p0").rows() == [("problem", "p0")]
    up = lake.query("lineage_parents", kind="tree", id="t0").select("relation", "kind", "id").rows()
    assert ("searched for", "problem", "p0") in up
    down = lake.query("lineage_children", kind="trajectory", id="t0-1").select("relation", "kind", "id", "n_alike").rows()
    assert down == [("trained on", "checkpoint", "new", 1)]
    facts = dict(lake.query("lineage_facts", kind="problem", id="p0").rows())
    assert facts == {"source": "here", "level": "1", "split": "train", "answer": "0"}


def test_lineage_of_a_problem_leads_to_the_checkpoint_trained_on_it(lake: Warehouse) -> None:
    text = lineage(lake, "p0").text()
    assert "read in batch" in text.split("led to:")[0]
    assert "checkpoint new" in text.split("led to:")[1]
