"""An answer counts once it is graded, whether or not a rollout reached it: in trajectories, pairs, difficulty and budget."""

from tasks.search.budget import wants_rollout
from tasks.search.expansion import Guidance
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchNode, SearchTree, propagate_reward, rows
from tests.warehouse.trees import ingest, problem, search
from warehouse.records import Verdict
from warehouse.store.lake import Warehouse

SETTINGS = SearchSettings(n_rollouts=2, n_extra_rollouts=5)
GUIDANCE = Guidance("1", scored=False)


def answer(tree: SearchTree, parent: SearchNode, text: str, verdict: Verdict, *, reached: bool) -> None:
    node = tree.add(parent, text, 1)
    node.outcome, node.ending, node.answer, node.verdict = "ok", "answer", text, verdict
    node.reward = 1.0 if verdict == "correct" else -1.0
    if reached:
        propagate_reward(node)
        tree.n_rollouts += 1


def planted(problem_id: str) -> tuple[SearchTree, SearchNode, SearchNode]:
    """A tree with two steps that ran."""
    tree = SearchTree.planted(f"t-{problem_id}", problem_id, "P")
    a, b = tree.add(tree.root, "a", 1), tree.add(tree.root, "b", 1)
    a.outcome = b.outcome = "ok"
    return tree, a, b


def with_a_right_answer_that_no_rollout_reached() -> SearchTree:
    """P -- a -- a1 wrong, reached           nodes 1, 3
    |       `- a2 right, graded alone        node 4
    `- b ------ b1 wrong, reached            nodes 2, 5
    """
    tree, a, b = planted("p1")
    answer(tree, a, "a1", "wrong", reached=True)
    answer(tree, a, "a2", "correct", reached=False)
    answer(tree, b, "b1", "wrong", reached=True)
    return tree


def with_a_wrong_answer_that_no_rollout_reached() -> SearchTree:
    """P -- a -- a1 right, reached           nodes 1, 3
    |       `- a2 wrong, graded alone        node 4
    `- b ------ b1 right, reached            nodes 2, 5
    """
    tree, a, b = planted("p2")
    answer(tree, a, "a1", "correct", reached=True)
    answer(tree, a, "a2", "wrong", reached=False)
    answer(tree, b, "b1", "correct", reached=True)
    return tree


def test_a_graded_answer_counts_the_same_in_trajectories_pairs_difficulty_and_budget(lake: Warehouse) -> None:
    trees = {"p1": with_a_right_answer_that_no_rollout_reached(), "p2": with_a_wrong_answer_that_no_rollout_reached()}
    ingest(lake, *map(problem, trees))
    search(lake, 1, [row for tree in trees.values() for row in rows(tree)])

    trajectories = lake.query("select problem_id, leaf_node_id, verdict from trajectories order by all").rows()
    assert trajectories == [
        ("p1", 3, "wrong"), ("p1", 4, "correct"), ("p1", 5, "wrong"),
        ("p2", 3, "correct"), ("p2", 4, "wrong"), ("p2", 5, "correct"),
    ]  # fmt: skip

    pairs = lake.query("annotate_pairs", round=1).filter(kind="step")
    # In p1 the step a has a right answer below it, so that b may not be preferred to it nor it be rejected for b.
    assert pairs.select("problem_id", "chosen_node_id", "rejected_node_id").rows() == [("p1", 4, 3), ("p2", 3, 4)]

    difficulty = lake.query("select problem_id, is_answered, difficulty from v_searched order by all").rows()
    assert difficulty == [("p1", True, "medium"), ("p2", True, "medium")]

    assert [wants_rollout(tree, SETTINGS, GUIDANCE) for tree in trees.values()] == [False, False]


def test_a_step_whose_code_failed_is_rejected_only_where_a_setting_says_so(lake: Warehouse) -> None:
    tree, a, b = planted("p1")
    answer(tree, a, "a1", "correct", reached=True)
    answer(tree, b, "b1", "wrong", reached=True)
    c = tree.add(tree.root, "c", 1)
    c.outcome, c.ending = "error", "too_many_errors"
    propagate_reward(c)
    search(lake, 1, list(rows(tree)))

    def rejected(**settings: str) -> list[int]:
        pairs = lake.query("annotate_pairs", round=1, **settings).filter(kind="step")
        return sorted(pairs["rejected_node_id"].to_list())

    assert rejected() == rejected(rejected_steps="executed") == [b.node_id]
    assert rejected(rejected_steps="all") == [b.node_id, c.node_id]


def test_extra_rollouts_are_for_trees_without_a_right_answer() -> None:
    tree, a, b = planted("p1")
    answer(tree, a, "a1", "wrong", reached=True)
    assert wants_rollout(tree, SETTINGS, GUIDANCE)
    answer(tree, b, "b1", "wrong", reached=True)
    assert wants_rollout(tree, SETTINGS, GUIDANCE)
    answer(tree, b, "b2", "correct", reached=False)
    assert not wants_rollout(tree, SETTINGS, GUIDANCE)
    assert not wants_rollout(tree, SETTINGS, Guidance(None, scored=True))


def test_a_problem_is_easy_where_every_graded_answer_is_right(lake: Warehouse) -> None:
    tree, a, b = planted("p1")
    answer(tree, a, "a1", "correct", reached=True)
    answer(tree, b, "b1", "correct", reached=False)
    search(lake, 1, list(rows(tree)))
    assert lake.query("select difficulty from v_searched").item() == "easy"
