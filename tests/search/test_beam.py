"""Step beam search, run through the driver with a toy policy whose answers arrive in any order."""

import random
import time

import pytest

from tasks.evaluation import methods
from tasks.evaluation.settings import EvaluationSettings
from tasks.search.beam import grow_beam
from tasks.search.driver import Driver, Machinery
from tasks.search.expansion import Guidance
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchTree, rows
from tests.search.fakes import FakeEngine, FakeGrader, FakeSandbox, never, toy_problem, toy_step

STATEMENT, ANSWER = toy_problem([1, 2, 3])
SETTINGS = SearchSettings(n_candidates=6, q_source="ppm")
GUIDANCE = Guidance(None, scored=True)


def beam(
    n_beams: int, *, order: int = 0, settings: SearchSettings = SETTINGS, statement: str = STATEMENT, **engine
) -> SearchTree:
    rng = random.Random(order)
    machinery = Machinery(FakeEngine(rng, **engine), FakeSandbox(rng), FakeGrader(), time.perf_counter, never)
    driver: Driver[SearchTree] = Driver(machinery, window=4)
    ((_, tree),) = driver.run([("t", grow_beam("t", "p", statement, settings, GUIDANCE, n_beams))])
    return tree


def knows_the_answer(prefix: str) -> float:
    """A PPM that sees every wrong addend: toy steps say in their comment what they add."""
    said = [int(line.removeprefix("# add ")) for line in prefix.splitlines() if line.startswith("# add ")]
    right = [1, 2, 3][: len(said)]
    return 0.9 - 1.5 * sum(one != other for one, other in zip(said, right, strict=True)) / 3


def test_a_beam_keeps_at_most_its_width_at_each_depth():
    tree = beam(2)
    expanded = [node for node in tree.nodes if node.children]
    for depth in range(3):
        assert len([node for node in expanded if node.depth == depth]) <= 2


def test_what_it_expands_are_the_best_scored_steps():
    tree = beam(2)
    first = [node for node in tree.nodes if node.depth == 1 and node.ending is None]
    best = sorted(first, key=lambda node: (-node.ppm_score, node.node_id))[:2]
    assert {node.node_id for node in first if node.children} == {node.node_id for node in best}


def test_with_a_ppm_that_knows_it_finds_the_answer():
    tree = beam(3, score=knows_the_answer)
    leaves = [node for node in tree.nodes if node.ending == "answer"]
    assert max(leaves, key=GUIDANCE.score_of).answer == ANSWER
    assert all(node.verdict is None for node in tree.nodes), "nothing may be graded while searching"


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_beam_does_not_depend_on_the_order_of_answers(order):
    assert list(rows(beam(3, order=order))) == list(rows(beam(3, order=0)))


def test_it_ends_at_the_depth_limit_and_where_nothing_lives():
    short = beam(3, settings=SearchSettings(n_candidates=4, max_depth=2, q_source="ppm"))
    assert max(node.depth for node in short.nodes) == 2
    assert short.n_rollouts == 0
    dead = beam(3, step=lambda prefix, seed: toy_step(prefix, 11))
    assert {node.ending for node in dead.nodes[1:]} == {"too_many_errors"}


def test_a_problem_that_fills_the_context_ends_the_root():
    assert beam(3, max_prompt_chars=10).root.ending == "prompt_too_long"


def test_a_problem_that_cannot_be_encoded_ends_the_root():
    tree = beam(3, statement="half a \ud83d pair")
    assert (tree.root.ending, tree.n_rollouts, len(tree.nodes)) == ("not_encodable", 0, 1)


def test_the_shares_of_all_ways_through_a_tree_add_up_to_one():
    tree = beam(8)
    ends = [node.path()[1:] for node in tree.nodes if not node.children]
    assert sum(map(methods.policy_share, ends)) == pytest.approx(1.0)


@pytest.mark.parametrize(("policy_weight", "chosen"), [(0.0, "rare"), (0.05, "usual"), (0.02, "rare")])
def test_what_the_policy_seldom_writes_must_please_the_ppm_by_more(policy_weight, chosen):
    tree = SearchTree.planted("t", "p", "prompt")
    for text, n_merged, score in (("usual", 7, 0.80), ("rare", 1, 0.85)):
        leaf = tree.add(tree.root, text, 1)
        leaf.ending, leaf.n_merged, leaf.ppm_score = "answer", n_merged, score
    how = methods.TestTime(EvaluationSettings(policy_weight=policy_weight), SETTINGS, scored=True)
    assert methods.ranked_paths(tree, how)[0][-1].text == chosen


def test_the_tokens_of_a_tree_are_those_of_all_candidates():
    tree = beam(1, settings=SearchSettings(n_candidates=5, q_source="ppm"))
    n_steps = sum(node.n_merged for node in tree.nodes[1:])
    assert tree.n_tokens >= 7 * n_steps
