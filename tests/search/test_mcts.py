"""Properties of the search, run through the driver with a toy policy whose answers arrive in any order."""

import itertools
import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.search.driver import Driver, Machinery
from tasks.search.expansion import Guidance
from tasks.search.format import END_OF_CODE, END_OF_STEP, code_of
from tasks.search.mcts import grow_tree
from tasks.search.seeds import tree_id
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchNode, SearchTree, rows
from tests.search.fakes import FakeEngine, FakeGrader, FakeSandbox, never, toy_problem, toy_step
from warehouse.errors import EngineUnavailable, Interrupted

PROBLEMS = [toy_problem(list(range(1, n + 2))) for n in range(6)]


def drive(searches, engine: FakeEngine, window: int = 128):
    """Return what searches come to, in the order of their keys."""
    machinery = Machinery(engine, FakeSandbox(engine.rng), FakeGrader(), time.perf_counter, never)
    return [result for _, result in sorted(Driver(machinery, window=window).run(searches))]


def grow(
    search: SearchSettings,
    *,
    order: int = 0,
    scored: bool = False,
    problems=PROBLEMS,
    engine: FakeEngine | None = None,
    **of_engine,
) -> list[SearchTree]:
    searches = (
        (statement, grow_tree(tree_id(1, 1, statement, 0), statement, statement, search, Guidance(answer, scored)))
        for statement, answer in problems
    )
    return drive(searches, engine or FakeEngine(random.Random(order), **of_engine), search.window)


def all_rows(trees: list[SearchTree]):
    return list(itertools.chain.from_iterable(map(rows, trees)))


@settings(max_examples=15, deadline=None)
@given(n_rollouts=st.integers(1, 24), n_candidates=st.integers(1, 6), scored=st.booleans(), skip=st.booleans())
def test_visits_of_a_node_are_those_of_its_children_and_of_rollouts_that_ended_there(n_rollouts, n_candidates, scored, skip):
    search = SearchSettings(n_rollouts=n_rollouts, n_candidates=n_candidates, skip_exhausted=skip)
    for tree in grow(search, scored=scored):
        assert tree.root.n_visits == tree.n_rollouts == sum(node.n_visits for node in tree.endings)
        assert tree.n_rollouts == n_rollouts or tree.root.is_exhausted
        for node in tree.nodes:
            n_below = sum(child.n_visits for child in node.children)
            assert node.n_visits == n_below if node.ending is None and node.children else n_below == 0
            assert node.n_correct + node.n_wrong <= node.n_visits
            assert node.value_sum == node.n_correct - node.n_wrong
            assert node.q_value is None or -1 <= node.q_value <= 1


def reachable(tree: SearchTree) -> list[SearchNode]:
    """Nodes from which a rollout could still come to a terminal node that none came to: unvisited ones and unexpanded ones."""
    return [node for node in tree.nodes if not node.children and not (node.ending and node.n_visits)]


@settings(max_examples=25, deadline=None)
@given(n_rollouts=st.integers(1, 40), n_candidates=st.integers(1, 4), scored=st.booleans(), unsolvable=st.booleans())
def test_a_rollout_never_ends_where_one_ended_before_while_another_ending_is_reachable(
    n_rollouts, n_candidates, scored, unsolvable
):
    problems = [(statement, "never" if unsolvable else answer) for statement, answer in PROBLEMS]
    search = SearchSettings(n_rollouts=n_rollouts, n_extra_rollouts=7, n_candidates=n_candidates)
    for tree in grow(search, scored=scored, problems=problems):
        n_wanted = n_rollouts if tree.solved else n_rollouts + 7
        assert all(node.n_visits == 1 for node in tree.endings)
        # A tree is done early only where every terminal node was visited and nothing is left to expand.
        assert (tree.n_rollouts < n_wanted) <= (reachable(tree) == [])
        assert len(tree.endings) == tree.n_rollouts <= n_rollouts + 7
        for node in tree.nodes:
            below = [one for one in reachable(tree) if node in one.path()]
            assert node.is_exhausted is (not below)


def test_rollouts_return_to_terminal_nodes_where_the_settings_say_so():
    trees = grow(SearchSettings(n_rollouts=24, n_candidates=2, skip_exhausted=False))
    assert all(tree.n_rollouts == 24 for tree in trees)
    assert any(node.n_visits > 1 for tree in trees for node in tree.endings)
    assert not any(node.is_exhausted for tree in trees for node in tree.nodes)


@pytest.mark.parametrize("window", [1, 8, 64])
@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("scored", [False, True])
def test_a_tree_depends_neither_on_the_window_nor_on_the_order_of_answers(window, order, scored):
    reference = grow(SearchSettings(n_rollouts=12, window=3), order=99, scored=scored)
    assert all_rows(grow(SearchSettings(n_rollouts=12, window=window), order=order, scored=scored)) == all_rows(reference)


def test_the_window_bounds_the_trees_in_flight():
    rng = random.Random(0)
    engine = FakeEngine(rng)
    started = 0

    def searches():
        nonlocal started
        for statement, answer in PROBLEMS:
            started += 1
            yield statement, grow_tree(statement, statement, statement, SearchSettings(), Guidance(answer, False))

    driver: Driver[SearchTree] = Driver(Machinery(engine, FakeSandbox(rng), FakeGrader(), time.perf_counter, never), window=2)
    for n_done, _ in enumerate(driver.run(searches()), start=1):
        assert started <= n_done + 2
    assert engine.max_pending <= 2 * (1 + SearchSettings().n_candidates)


def test_equal_candidates_become_one_node_that_counts_them():
    (tree,) = grow(SearchSettings(n_rollouts=1, n_candidates=6), problems=[toy_problem([1, 2])])
    for node in tree.nodes:
        texts = [child.text for child in node.children]
        assert len(set(texts)) == len(texts)
        assert not texts or sum(child.n_merged for child in node.children) == 6


def test_failed_candidates_are_kept_with_their_outcome_and_leave_siblings_alone():
    trees = grow(SearchSettings(n_rollouts=16, n_candidates=6))
    failed = [node for tree in trees for node in tree.nodes if node.outcome == "error"]
    assert failed
    assert all(node.ending == "too_many_errors" and node.error.startswith("NameError") for node in failed)
    assert any(sibling.outcome == "ok" for node in failed for sibling in node.parent.children)


def test_a_failed_step_may_be_mended_and_is_not_part_of_the_state():
    def step(prefix: str, seed: int) -> str:
        if "NameError" in prefix:
            return f"\nprint(1)\n{END_OF_CODE}"
        return f"\nx = undefined\n{END_OF_STEP}"

    (tree,) = grow(SearchSettings(n_rollouts=2, max_consecutive_errors=2), problems=[("1", "1")], step=step)
    (solved,) = [node for node in tree.nodes if node.verdict == "correct"]
    assert solved.parent.error == "NameError: name 'undefined' is not defined"
    assert solved.code_path() == ("print(1)",)


@pytest.mark.parametrize(
    ("step", "search", "ending"),
    [
        (lambda prefix, seed: f"\nx = 1\n{END_OF_STEP}", {"max_depth": 3}, "max_depth"),
        (lambda prefix, seed: "\nx = 1", {}, "truncated"),
        (lambda prefix, seed: f"\n1/0\n{END_OF_STEP}", {}, "too_many_errors"),
        (lambda prefix, seed: f"\nprint('{{')\n{END_OF_CODE}", {}, "no_answer"),
    ],
)
def test_every_ending_is_named_and_costs_the_trajectory_its_reward(step, search, ending):
    (tree,) = grow(SearchSettings(n_rollouts=3, **search), problems=[("1", "1")], step=step)
    terminals = [node for node in tree.nodes if node.ending]
    assert {node.ending for node in terminals} == {ending}
    assert tree.root.n_wrong == tree.n_rollouts == 1


def test_a_prompt_that_fills_the_context_ends_its_tree_and_no_other():
    long_statement = "1" * 500
    trees = grow(SearchSettings(), problems=[*PROBLEMS, (long_statement, "1")], max_prompt_chars=450)
    endings = {tree.problem_id: tree.root.ending for tree in trees}
    assert endings.pop(long_statement) == "prompt_too_long"
    assert set(endings.values()) == {None}
    assert any(tree.solved for tree in trees)


def test_an_answer_that_cannot_be_graded_weighs_nothing():
    def step(prefix: str, seed: int) -> str:
        return f"\nprint('?')\n{END_OF_CODE}"

    (tree,) = grow(SearchSettings(n_rollouts=4, skip_exhausted=False), problems=[("1", "1")], step=step)
    assert (tree.root.n_visits, tree.root.n_correct, tree.root.n_wrong, tree.root.q_value) == (4, 0, 0, 0.0)


def test_only_unsolved_trees_get_extra_rollouts():
    def step(prefix: str, seed: int) -> str:
        return toy_step(prefix, 3) if "<|user|>:\n7" in prefix else toy_step(prefix, 1)

    search = SearchSettings(n_rollouts=2, n_extra_rollouts=5, skip_exhausted=False)
    solved, unsolved = grow(search, problems=[toy_problem([1, 2]), toy_problem([7, 2])], step=step)
    assert (solved.solved, solved.n_rollouts) == (True, 2)
    assert (unsolved.solved, unsolved.n_rollouts) == (False, 7)


def test_with_ppm_a_new_node_starts_with_its_score_and_terminal_nodes_keep_the_truth():
    for tree in grow(SearchSettings(n_rollouts=10), scored=True):
        for node in tree.nodes[1:]:
            if node.ending is not None:
                assert node.ppm_score is None
                assert node.q_value in (None, node.reward)
            elif node.n_visits == 0:
                assert node.q_value == node.ppm_score
            else:
                assert node.q_value == pytest.approx((node.value_sum + node.ppm_score) / (node.n_visits + 1))


def test_without_a_reference_the_ppm_rewards_whole_trajectories():
    rng = random.Random(0)
    driver: Driver[SearchTree] = Driver(
        Machinery(FakeEngine(rng), FakeSandbox(rng), FakeGrader(), time.perf_counter, never), window=1
    )
    search = grow_tree("t", "p", "1+2", SearchSettings(n_rollouts=5, n_extra_rollouts=9), Guidance(None, scored=True))
    ((_, tree),) = driver.run([("t", search)])
    answered = [node for node in tree.nodes if node.ending == "answer"]
    assert answered and tree.n_rollouts == 5
    for node in answered:
        scores = [step.ppm_score for step in node.path() if step.ppm_score is not None]
        assert node.verdict is None
        assert node.reward == pytest.approx(sum(scores) / len(scores))


def test_a_prefix_without_a_score_ends_there_and_weighs_nothing():
    def score(prefix: str) -> float:
        return float("nan") if "add 2" in prefix else 0.5

    trees = grow(SearchSettings(n_rollouts=12), scored=True, score=score)
    unscored = [node for tree in trees for node in tree.nodes if node.ending == "unscored"]
    assert unscored
    assert all((node.ppm_score, node.reward, node.children) == (None, 0.0, []) for node in unscored)
    assert sum(node.n_visits for node in unscored) > 0
    assert all(node.n_correct == node.n_wrong == 0 for node in unscored)


def test_a_ppm_that_never_gives_a_number_stops_the_run():
    problems = [toy_problem([1, 2, n]) for n in range(3, 40)]
    with pytest.raises(EngineUnavailable, match="no number for 64 prefixes in a row, the last score was nan"):
        grow(SearchSettings(), scored=True, problems=problems, score=lambda prefix: float("nan"))


def test_a_statement_that_no_tokenizer_can_encode_ends_its_tree_and_no_other():
    rng = random.Random(0)
    driver: Driver[SearchTree] = Driver(
        Machinery(FakeEngine(rng), FakeSandbox(rng), FakeGrader(), time.perf_counter, never), window=4
    )
    statements = ("1+2", "1+\ud800")
    grown = dict(driver.run((s, grow_tree("t", "p", s, SearchSettings(), Guidance("3", False))) for s in statements))
    whole, broken = (grown[statement] for statement in statements)
    assert (whole.root.ending, whole.solved) == (None, True)
    assert (broken.root.ending, broken.root.n_correct, broken.root.n_wrong) == ("not_encodable", 0, 0)
    assert (len(broken.nodes), broken.root.text.encode()[:4]) == (1, b"<|us")


def test_a_prefix_is_the_concatenation_of_texts_and_its_code_is_what_ran():
    for tree in grow(SearchSettings(n_rollouts=8)):
        for node in tree.nodes:
            assert node.prefix() == "".join(step.text for step in node.path())
            if node.ending == "answer":
                assert node.code_path() == tuple(code_of(step.text) for step in node.path()[1:])
                assert node.answer in node.text


def test_finished_trees_are_released_from_the_sandbox():
    rng = random.Random(0)
    sandbox = FakeSandbox(rng)
    driver: Driver[SearchTree] = Driver(Machinery(FakeEngine(rng), sandbox, FakeGrader(), time.perf_counter, never), window=4)
    searches = ((s, grow_tree(s, s, s, SearchSettings(), Guidance(a, False))) for s, a in PROBLEMS)
    assert sorted(key for key, _ in driver.run(searches)) == sorted(sandbox.released)


def test_a_cancelled_run_ends_at_once_with_what_to_do():
    rng = random.Random(0)
    sandbox, grader = FakeSandbox(rng), FakeGrader()
    driver: Driver[SearchTree] = Driver(Machinery(FakeEngine(rng), sandbox, grader, time.perf_counter, lambda: True), window=4)
    with pytest.raises(Interrupted, match="run the same command again"):
        list(driver.run((s, grow_tree(s, s, s, SearchSettings(), Guidance(a, False))) for s, a in PROBLEMS))


def test_what_an_aborted_run_left_in_flight_reaches_nobody_else():
    rng = random.Random(0)
    shared = FakeEngine(rng), FakeSandbox(rng), FakeGrader()
    search = SearchSettings(n_rollouts=12)
    aborted: Driver[SearchTree] = Driver(Machinery(*shared, time.perf_counter, never), window=8)
    next(aborted.run((s, grow_tree(tree_id(1, 1, s, 0), s, s, search, Guidance("wrong", False))) for s, _ in PROBLEMS))
    assert sum(machine.n_pending for machine in shared) > 0
    again: Driver[SearchTree] = Driver(Machinery(*shared, time.perf_counter, never), window=8)
    searches = ((s, grow_tree(tree_id(1, 1, s, 0), s, s, search, Guidance(a, False))) for s, a in PROBLEMS)
    assert all_rows([tree for _, tree in sorted(again.run(searches))]) == all_rows(grow(search))


def many_words(prefix: str, seed: int) -> str:
    """Return a right toy step in the words of its seed: with a comment and a new name of its own."""
    numbers = re.search(r"<\|user\|>:\n(.*?)\n", prefix)[1].split("+")
    n_done = prefix.count(END_OF_STEP)
    code = f"# word {seed}\nname_{seed} = {numbers[n_done]}\nx = name_{seed}" + (" + x" if n_done else "")
    return f"\n{code}\nprint(x)\n{END_OF_CODE}" if n_done == len(numbers) - 1 else f"\n{code}\n{END_OF_STEP}"


def test_steps_that_do_the_same_become_one_node_where_it_is_said() -> None:
    apart, together = (
        grow(SearchSettings(n_rollouts=4, n_candidates=5, same_step=way), step=many_words) for way in ("text", "code")
    )
    for one, other in zip(apart, together, strict=True):
        assert len(one.root.children) == 5
        for node in other.nodes:
            assert len(node.children) in (0, 1)
            assert node.n_merged == (1 if node.parent is None else 5)
        assert other.solved
        assert other.n_tokens == sum(7 * node.n_merged + (4 if node.answer else 0) for node in other.nodes[1:])


def test_a_tree_is_done_once_so_many_rollouts_have_all_ended_right() -> None:
    always_right = lambda prefix, seed: toy_step(prefix, 1)  # noqa: E731
    easy = grow(SearchSettings(n_rollouts=8, n_easy_rollouts=3, skip_exhausted=False), step=always_right)
    assert {tree.n_rollouts for tree in easy} == {3}
    mixed = grow(SearchSettings(n_rollouts=8, n_easy_rollouts=3, skip_exhausted=False))
    for tree in mixed:
        assert tree.n_rollouts == (8 if tree.root.n_correct < tree.n_rollouts else tree.n_rollouts)
        assert tree.n_rollouts >= 3
    assert {tree.n_rollouts for tree in mixed} != {3}
