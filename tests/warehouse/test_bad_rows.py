"""Given one thing broken at a time, the rows that are shown are these, with what is wrong with them."""

from collections.abc import Iterator

import pytest

from tests.warehouse.gate_lake import ROUND, SETTINGS, change, restored, whole_round
from warehouse.gates import suites
from warehouse.gates.expectations import EveryRow
from warehouse.gates.rows import failing_sql
from warehouse.gates.run import parameters_of
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
    parameters = {} if query == "quarantined_rows" else {"round": ROUND}
    assert lake.query(query, **parameters).select(columns.split(", ")).rows() == expected


RULES: list[tuple[str, str, str, list[tuple[object, ...]]]] = [
    (
        "Q-values are in range",
        "update nodes set q_value = 2 where tree_id = 't0' and node_id = 1; update nodes set outcome = '' where tree_id = 't1'",
        "tree_id, node_id, q_value",
        [("t0", 1, 2.0)],
    ),
    (
        "answers are not empty",
        "update problems set answer = ' ' where problem_id = 'p0'; update problems set split = 'dev' where problem_id = 'v0'",
        "problem_id, split, answer",
        [("p0", "train", " ")],
    ),
    (
        "SFT examples are verified",
        "delete from verifications where problem_id = 'p0'; update trajectories set verdict = 'wrong' where problem_id = 'p1'",
        "problem_id, trajectory_id, verification",
        [("p0", "t0-1", "none")],
    ),
    (
        "trajectories fit their trees",
        "update trajectories set n_steps = 5 where problem_id = 'p0'; delete from nodes where tree_id = 't1' and node_id = 1",
        "trajectory_id, fits_its_tree",
        [("t0-1", "n_steps does not fit its path"), ("t1-1", "its terminal node is missing")],
    ),
    (
        "a tree has one root",
        "delete from nodes where tree_id = 't0' and node_id = 1; insert into nodes select * from nodes where tree_id = 't1'",
        "tree_id, n_roots, n_repeated_nodes, n_missing_nodes",
        [("t1", 2, 3, 0)],
    ),
    (
        "verified trajectories are correct",
        "update trajectories set verdict = 'wrong' where problem_id = 'p0'; delete from trajectories where problem_id = 'p1'",
        "trajectory_id, verdict",
        [("t0-1", "wrong"), ("t1-1", "none")],
    ),
    (
        "chosen_q > rejected_q",
        "update preference_pairs set chosen_q = rejected_q where problem_id = 'p1'; update preference_pairs set weight = 2",
        "problem_id, chosen_tree_id, chosen_node_id, rejected_node_id, chosen_q, rejected_q",
        [("p1", "t1", 1, 2, -1.0, -1.0)],
    ),
    (
        "both nodes of a pair continue one prefix",
        "update preference_pairs set prefix_node_id = 1 where problem_id = 'p3'; delete from nodes where tree_id = 't4'",
        "problem_id, shares_prefix",
        [("p3", "chosen node does not continue the prefix"), ("p4", "chosen node is missing or of another problem")],
    ),
    (
        "metrics are shares",
        "update evaluations set value = 'nan' where metric = 'ppm_pair_accuracy'",
        "metric, n_problems, policy_id",
        [("ppm_pair_accuracy", 100, "new")],
    ),
]


def rule(claim: str) -> EveryRow:
    suite = (*suites.ingest(SETTINGS), *suites.training_data(SETTINGS), *suites.promotion(SETTINGS, NOTHING))
    (found,) = (one for one in suite if one.claim == claim)
    assert isinstance(found, EveryRow)
    return found


NOTHING = {"current_pass_1": None, "n_solved_before": None, "candidate_ppm_id": None}


@pytest.mark.parametrize(("claim", "broken", "columns", "expected"), RULES, ids=[case[0] for case in RULES])
def test_the_rows_that_break_a_rule_are_shown_with_their_ids_and_values(
    lake: Warehouse, claim: str, broken: str, columns: str, expected: list[tuple[object, ...]]
) -> None:
    sql = failing_sql(rule(claim), parameters_of(ROUND, SETTINGS)) + " order by all"
    assert lake.query(sql).is_empty()
    change(lake, broken)
    assert lake.query(sql).select(columns.split(", ")).rows() == expected


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
