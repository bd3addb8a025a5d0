"""Several rollouts of a tree in flight, kept apart by virtual loss."""

import itertools
import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from models.engines.base import GenerationRequest
from tasks.search.driver import Driver, Machinery
from tasks.search.expansion import Guidance
from tasks.search.mcts import grow_tree
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchNode, SearchTree, best_child, rows
from tests.search.fakes import FakeEngine, FakeGrader, FakeSandbox, never, toy_problem, toy_step
from tests.search.test_driver import Clock, DeafEngine, assert_visits_add_up

PROBLEM = toy_problem([1, 2, 3, 4])


def grow(search: SearchSettings, *, order: int = 0, scored: bool = False, engine: FakeEngine | None = None) -> SearchTree:
    rng = random.Random(order)
    engine = engine or FakeEngine(rng)
    driver: Driver[SearchTree] = Driver(Machinery(engine, FakeSandbox(rng), FakeGrader(), time.perf_counter, never), window=1)
    statement, answer = PROBLEM
    ((_, tree),) = driver.run([("t", grow_tree("t", "p", statement, search, Guidance(answer, scored)))])
    return tree


@settings(max_examples=25, deadline=None)
@given(n_rollouts=st.integers(1, 24), n_in_flight=st.integers(2, 9), scored=st.booleans(), order=st.integers(0, 5))
def test_a_tree_has_its_rollouts_and_its_visits_add_up_whatever_is_in_flight(n_rollouts, n_in_flight, scored, order):
    search = SearchSettings(n_rollouts=n_rollouts, n_candidates=4, n_rollouts_in_flight=n_in_flight)
    tree = grow(search, order=order, scored=scored)
    assert tree.n_rollouts == n_rollouts
    assert_visits_add_up(tree)
    assert not tree.expanding
    for node in tree.nodes:
        texts = [child.text for child in node.children]
        assert len(set(texts)) == len(texts), "a node was expanded twice"


def test_rollouts_are_in_flight_together():
    class Watching(FakeEngine):
        most = 0

        def submit(self, request) -> None:
            super().submit(request)
            n_steps = sum(isinstance(one, GenerationRequest) and len(one.seeds) > 1 for one in self.pending)
            self.most = max(self.most, n_steps)

    alone, together = Watching(random.Random(0)), Watching(random.Random(0))
    grow(SearchSettings(n_rollouts=24), engine=alone)
    grow(SearchSettings(n_rollouts=24, n_rollouts_in_flight=4), engine=together)
    assert alone.most == 1
    assert 2 <= together.most <= 4


def test_extra_rollouts_end_with_the_first_correct_one_that_is_back():
    search = SearchSettings(n_rollouts=2, n_extra_rollouts=30, n_rollouts_in_flight=4)
    unsolved = grow(search, engine=FakeEngine(random.Random(0), step=lambda prefix, seed: toy_step(prefix, 3)))
    assert (unsolved.solved, unsolved.n_rollouts) == (False, 32)
    solved = grow(search, engine=FakeEngine(random.Random(0), step=lambda prefix, seed: toy_step(prefix, 1)))
    assert solved.solved
    assert 2 <= solved.n_rollouts <= 2 + 3


def test_a_path_in_flight_is_left_to_the_rollout_that_walks_it():
    tree = SearchTree.planted("t", "p", "")
    first, second = (tree.add(tree.root, text, 1) for text in "ab")
    for child, value_sum in ((first, 3.0), (second, 2.0)):
        child.n_visits, child.value_sum = 4, value_sum
    tree.root.n_visits = 8
    assert best_child(tree.root, 2.0) is first
    first.n_in_flight = tree.root.n_in_flight = 1
    assert best_child(tree.root, 2.0) is second
    second.n_in_flight = 1
    tree.root.n_in_flight = 2
    assert best_child(tree.root, 2.0) is first


def test_a_tree_that_is_stopped_with_rollouts_in_flight_keeps_the_whole_ones():
    engine = DeafEngine(random.Random(0), "add 3")
    driver: Driver[SearchTree] = Driver(
        Machinery(engine, FakeSandbox(engine.rng), FakeGrader(), Clock(), never), window=1, deadline_seconds=2000
    )
    search = SearchSettings(n_rollouts=24, n_rollouts_in_flight=4)
    ((_, tree),) = driver.run([("t", grow_tree("t", "p", PROBLEM[0], search, Guidance(PROBLEM[1], False)))])
    late: list[SearchNode] = [node for node in tree.nodes if node.ending == "deadline"]
    assert late
    assert tree.root.n_visits == tree.n_rollouts < 24
    for node in tree.nodes:
        n_below = sum(child.n_visits for child in node.children)
        assert node.n_visits == n_below if node.ending is None and node.children else n_below == 0
    assert len(list(itertools.chain(rows(tree)))) == len(tree.nodes)
