"""One tree, one problem and the rounds as they stand, on two rounds that can be worked out by hand (two_rounds.py)."""

import pytest

from tests.warehouse.trees import ingest, problem, search, small_tree
from tests.warehouse.two_rounds import rows
from warehouse.errors import BadInput
from warehouse.rounds.identifiers import identified
from warehouse.store.lake import Warehouse


def test_a_tree_is_its_nodes_with_what_they_are_used_for(two_rounds: Warehouse) -> None:
    found = two_rounds.query("tree", tree_id="t1")
    assert found["node_id"].to_list() == list(range(7))
    by_node = {row["node_id"]: row for row in found.iter_rows(named=True)}
    assert by_node[4]["verification"] == "verified"
    assert by_node[4]["sft_rounds"] == [1]
    assert [node_id for node_id, row in by_node.items() if row["sft_rounds"]] == [4]
    pairs = two_rounds.query("tree_pairs", tree_id="t1")
    assert pairs.height > 0
    for side in ("chosen", "rejected"):
        counted = sum(row[f"n_{side}"] for row in by_node.values())
        assert counted == pairs.filter(**{f"{side}_tree_id": "t1"}).height, side


def test_a_tree_knows_its_problem_and_who_searched(two_rounds: Warehouse) -> None:
    found = two_rounds.query("tree_facts", tree_id="t4")
    assert rows(found, "round", "problem_id", "reference_answer", "level", "policy_id", "ppm_id") == [
        (2, "p2", "1", 2, "policy-1", None)
    ]


def test_a_problem_moves_from_round_to_round(two_rounds: Warehouse) -> None:
    moves = two_rounds.query("problem_rounds", problem_id="p2")
    assert rows(moves, "round", "move", "is_solved", "n_rollouts") == [
        (1, "never solved", False, 2),
        (2, "newly solved", True, 6),
    ]
    trees = two_rounds.query("problem_trees", problem_id="p2")
    columns = ("round", "tree_id", "n_nodes", "n_rollouts", "n_answers", "n_right_answers", "n_verified")
    assert rows(trees, *columns) == [(1, "t2", 2, 2, 1, 0, 0), (2, "t4", 7, 6, 3, 1, 1)]


def test_a_problem_that_was_solved_has_no_suspected_answer(two_rounds: Warehouse) -> None:
    (found,) = two_rounds.query("problem", problem_id="p1").rows(named=True)
    assert (found["statement"], found["split"], found["suspected_answer"]) == ("statement of p1", "train", None)


def test_what_wrong_solutions_agree_on_is_told_of_a_problem_without_a_right_one(lake: Warehouse) -> None:
    ingest(lake, problem("p1"))
    wrong = [node for node in small_tree("t1", "p1") if node.verdict != "correct"]
    search(lake, 1, wrong)
    (found,) = lake.query("problem", problem_id="p1").rows(named=True)
    assert (found["reference_answer"], found["suspected_answer"], found["share_of_solutions"]) == ("1", "2", 1.0)


def test_equal_answers_of_an_evaluation_are_counted_together(two_rounds: Warehouse) -> None:
    found = two_rounds.query("problem_answers", problem_id="p3")
    assert rows(found, "round", "method", "answer", "verdict", "n_answers") == [
        (1, "sample", "1", "wrong", 3),
        (1, "sample", "1", "correct", 1),
        (2, "sample", "1", "correct", 2),
        (2, "sample", "1", "wrong", 2),
    ]


def test_rounds_stand_with_what_they_committed_last(two_rounds: Warehouse) -> None:
    found = two_rounds.query("round_states")
    assert rows(found, "round", "status", "last_stage") == [(1, "promoted", "evaluate"), (2, "promoted", "evaluate")]


@pytest.fixture
def named(lake: Warehouse) -> Warehouse:
    ingest(lake, problem("p1"))
    for tree_id in ("ab11111111111111", "ab22222222222222", "cd33333333333333"):
        search(lake, 1, small_tree(tree_id, "p1"), shard=tree_id)
    return lake


@pytest.mark.parametrize("given", ["cd33333333333333", "c", " cd3 ", "cd33333333333333-4"])
def test_a_tree_is_found_by_its_beginning_and_by_its_trajectory(given: str, named: Warehouse) -> None:
    assert identified(named, "tree", given) == "cd33333333333333"


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("ab", r"several trees begin with 'ab': ab11111111111111, ab22222222222222; give more"),
        ("ab1x111111111111", r"no tree is called .*; did you mean ab11111111111111\?"),
        ("zzzz", r"no tree is called 'zzzz'; list the trees of a problem with: stargrove problem ID"),
        ("p1", r"no tree is called 'p1'; it is a problem: stargrove problem p1"),
        ("", r"no tree is named"),
    ],
)
def test_what_names_no_tree_is_told_what_to_do(given: str, what: str, named: Warehouse) -> None:
    with pytest.raises(BadInput, match=what):
        identified(named, "tree", given)


def test_nearest_ids_stand_after_those_that_begin_alike(named: Warehouse) -> None:
    found = named.query("ids_like", kind="tree", id="ab1")
    assert rows(found, "id", "is_beginning", "n_edits") == [
        ("ab11111111111111", True, 0),
        ("ab22222222222222", False, 1),
        ("cd33333333333333", False, 3),
    ]
    assert named.query("ids_like", kind="problem", id="p")["id"].to_list() == ["p1"]
