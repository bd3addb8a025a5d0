"""What the driver does with trees that take too long, machinery that fails or lags behind, and drivers beside it."""

import itertools
import random
import threading
import time

import pytest

from models.engines.base import GenerationRequest
from tasks.search.driver import Driver, Machinery
from tasks.search.expansion import Guidance
from tasks.search.mcts import grow_tree
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchTree, rows
from tasks.search.window import KvCapacity, Window
from tests.search.fakes import STATEMENT, FakeEngine, FakeGrader, FakeSandbox, never, toy_problem
from warehouse.errors import EngineUnavailable

PROBLEMS = [toy_problem(list(range(1, n % 5 + 3))) for n in range(5)] + [toy_problem([n, 1, 2]) for n in range(30, 50)]


class Clock:
    """Advances by a second whenever it is read."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


class DeafEngine(FakeEngine):
    """Never answers a request whose prompt holds a word."""

    def __init__(self, rng: random.Random, *words: str) -> None:
        super().__init__(rng)
        self.words = words

    def submit(self, request) -> None:
        if not any(word in request.prompt for word in self.words):
            super().submit(request)

    @property
    def n_pending(self) -> int:
        return len(self.pending) + 1


class RestartedEngine(FakeEngine):
    """Loses all it was doing now and then, and begins again with the same requests, as a pool does with a lost process."""

    n_lost = 0

    def poll(self, timeout_seconds: float):
        answers = super().poll(timeout_seconds)
        if self.rng.random() < 0.3:
            self.n_lost += 1
            lost, self.pending = self.pending, []
            for request in lost:
                self.submit(request)
        return answers


class DyingEngine(FakeEngine):
    """Gives up after some turns."""

    n_turns = 0

    def poll(self, timeout_seconds: float):
        self.n_turns += 1
        if self.n_turns > 10:
            raise EngineUnavailable("3 engine processes in a row were lost, the last one: out of memory", hint="use less")
        return super().poll(timeout_seconds)


def machinery(engine: FakeEngine, *, clock=time.perf_counter, sandbox: FakeSandbox | None = None) -> Machinery:
    return Machinery(engine, sandbox or FakeSandbox(engine.rng), FakeGrader(), clock, never)


def searches(problems=PROBLEMS, settings: SearchSettings | None = None):
    settings = settings or SearchSettings(n_rollouts=12)
    return ((s, grow_tree(s, s, s, settings, Guidance(answer, False))) for s, answer in problems)


def all_rows(trees):
    return list(itertools.chain.from_iterable(map(rows, trees)))


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, SearchTree]:
    driver: Driver[SearchTree] = Driver(machinery(FakeEngine(random.Random(0))), window=8)
    return dict(driver.run(searches()))


def test_trees_that_were_begun_first_go_first():
    urgency: dict[str, set[int]] = {}

    class Noting(FakeEngine):
        def submit(self, request) -> None:
            urgency.setdefault(STATEMENT.search(request.prompt)[1], set()).add(request.priority)
            super().submit(request)

    driver: Driver[SearchTree] = Driver(machinery(Noting(random.Random(0))), window=4)
    list(driver.run(searches()))
    begun = [statement for statement, _ in searches()]
    assert [urgency[statement] for statement in begun] == [{number} for number in range(len(begun))]


def assert_visits_add_up(tree: SearchTree) -> None:
    assert tree.root.n_visits == tree.n_rollouts
    for node in tree.nodes:
        n_below = sum(child.n_visits for child in node.children)
        assert node.n_visits == n_below if node.ending is None and node.children else n_below == 0
        assert node.ending is None or not node.children


def test_a_tree_that_takes_too_long_ends_as_deadline_and_the_others_go_on(undisturbed):
    engine = DeafEngine(random.Random(0), "<|user|>:\n33+1+2\n", "<|user|>:\n36+1+2\n<|assistant|>: Let's")
    driver: Driver[SearchTree] = Driver(machinery(engine, clock=Clock()), window=4, deadline_seconds=3000)
    trees = dict(driver.run(searches()))
    late = {key: tree for key, tree in trees.items() if any(node.ending == "deadline" for node in tree.nodes)}
    assert set(late) == {"33+1+2", "36+1+2"}
    assert all((tree.n_rollouts, tree.root.ending) == (0, "deadline") for tree in late.values())
    assert all_rows(trees[key] for key in trees if key not in late) == all_rows(
        undisturbed[key] for key in trees if key not in late
    )


def test_a_tree_that_is_stopped_keeps_its_whole_rollouts(undisturbed):
    engine = DeafEngine(random.Random(0), "add 3", "add 2\nx = x + 2\n<end_of_step>\n# add 4")
    driver: Driver[SearchTree] = Driver(machinery(engine, clock=Clock()), window=8, deadline_seconds=3000)
    trees = dict(driver.run(searches()))
    stopped = [tree for tree in trees.values() if any(node.ending == "deadline" for node in tree.nodes)]
    assert stopped
    for tree in trees.values():
        assert_visits_add_up(tree)
    for node in itertools.chain.from_iterable(tree.nodes for tree in stopped):
        assert node.ending != "deadline" or (node.n_visits, node.verdict) == (0, None)


def test_a_cancelled_tree_ends_as_cancelled_and_the_others_go_on(undisturbed):
    engine = DeafEngine(random.Random(0), "33+1+2")
    driver: Driver[SearchTree] = Driver(machinery(engine), window=4)
    trees = {}
    for key, tree in driver.run(searches()):
        trees[key] = tree
        if len(trees) == len(PROBLEMS) - 1:
            driver.cancel("33+1+2")
    cancelled = trees.pop("33+1+2")
    assert cancelled.root.ending == "cancelled"
    assert all_rows(trees.values()) == all_rows(undisturbed[key] for key in trees)


def test_answers_for_a_stopped_tree_reach_nobody():
    engine = FakeEngine(random.Random(0))
    driver: Driver[SearchTree] = Driver(machinery(engine, clock=Clock()), window=25, deadline_seconds=12)
    trees = dict(driver.run(searches()))
    assert len(trees) == len(PROBLEMS)
    assert any(node.ending == "deadline" for tree in trees.values() for node in tree.nodes)


def test_an_engine_that_was_restarted_with_the_same_requests_changes_no_tree(undisturbed):
    engine = RestartedEngine(random.Random(3))
    driver: Driver[SearchTree] = Driver(machinery(engine), window=8)
    trees = dict(driver.run(searches()))
    assert engine.n_lost > 3
    assert all_rows(trees[key] for key in undisturbed) == all_rows(undisturbed.values())


def test_an_engine_that_gives_up_stops_the_run_with_its_reason():
    driver: Driver[SearchTree] = Driver(machinery(DyingEngine(random.Random(0))), window=8)
    with pytest.raises(EngineUnavailable, match="3 engine processes in a row were lost, the last one: out of memory; use less"):
        list(driver.run(searches()))


def test_finished_trees_leave_at_once_although_another_one_hangs():
    engine = DeafEngine(random.Random(0), f"<|user|>:\n{PROBLEMS[0][0]}\n")
    driver: Driver[SearchTree] = Driver(machinery(engine), window=2)
    left = [key for key, _ in itertools.islice(driver.run(searches()), len(PROBLEMS) - 1)]
    assert PROBLEMS[0][0] not in left


def test_a_committer_that_lags_behind_stops_new_trees_and_nothing_else():
    started = []

    def watched():
        for key, search in searches():
            started.append(key)
            yield key, search

    driver: Driver[SearchTree] = Driver(machinery(FakeEngine(random.Random(0))), window=3)
    results = driver.run(watched())
    exchange = driver._exchange
    next(results)
    (lane,) = exchange._lanes
    for _ in range(2000):
        exchange._turn()
    assert (len(lane.running), len(lane.finished)) == (0, len(started) - 1)
    assert len(started) <= 1 + 3 + 3
    assert len(list(results)) == len(PROBLEMS) - 1


def test_a_sandbox_that_lags_behind_stops_new_trees():
    class SlowSandbox(FakeSandbox):
        n_most = 0

        def submit(self, request) -> None:
            super().submit(request)
            self.n_most = max(self.n_most, len(self.pending))

        def poll(self, timeout_seconds: float):
            ready, self.pending = self.pending[:1], self.pending[1:]
            return [self._run(request) for request in ready]

    sandbox = SlowSandbox(random.Random(0))
    settings = SearchSettings(n_rollouts=2, n_candidates=8)
    n_flying = []

    def watched():
        for key, search in searches(settings=settings):
            n_flying.append(sandbox.n_pending)
            yield key, search

    driver: Driver[SearchTree] = Driver(machinery(FakeEngine(random.Random(0)), sandbox=sandbox), window=16)
    assert len(list(driver.run(watched()))) == len(PROBLEMS)
    assert sandbox.n_most > 16
    assert max(n_flying) <= 16


def test_two_drivers_share_one_machinery_and_the_older_one_has_the_places(undisturbed):
    shared = machinery(FakeEngine(random.Random(0)))
    begun: list[int] = []
    ended: list[int] = []

    def watched(number: int):
        for key, search in searches():
            begun.append(number)
            yield key, search

    drivers: list[Driver[SearchTree]] = [Driver(shared, window=6) for _ in range(3)]
    found: list[dict[str, SearchTree]] = [{}, {}, {}]

    def run(number: int) -> None:
        for key, tree in drivers[number].run(watched(number)):
            found[number][key] = tree
            ended.append(number)

    # All have joined before the first one pumps.
    gate = threading.Barrier(3)
    original = shared.exchange.join

    def join(lane):
        original(lane)
        gate.wait()

    shared.exchange.join = join
    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for trees in found:
        assert all_rows(trees[key] for key in undisturbed) == all_rows(undisturbed.values())
    order = list(dict.fromkeys(begun))
    assert begun == sorted(begun, key=order.index), "a later driver began a tree before an older one had begun all of its"
    first_of_second = begun.index(order[1])
    assert first_of_second == len(PROBLEMS)
    assert sum(driver.costs.n_proposals for driver in drivers) == 3 * drivers[0].costs.n_proposals


def test_the_places_of_a_drivers_last_trees_go_to_the_next_driver(undisturbed):
    hanging = PROBLEMS[-1][0]
    engine = DeafEngine(random.Random(0), f"<|user|>:\n{hanging}\n")
    shared = machinery(engine)
    older: Driver[SearchTree] = Driver(shared, window=4)
    results = older.run(searches())
    for _ in range(len(PROBLEMS) - 1):
        next(results)
    younger: Driver[SearchTree] = Driver(shared, window=4)
    trees = dict(younger.run(searches(PROBLEMS[:-1])))
    assert all_rows(trees.values()) == all_rows(undisturbed[key] for key in trees)
    older.cancel(hanging)
    ((key, tree),) = results
    assert (key, tree.root.ending) == (hanging, "cancelled")


def test_a_driver_that_is_left_half_way_takes_no_places_and_may_run_again(undisturbed):
    shared = machinery(FakeEngine(random.Random(0)))
    left: Driver[SearchTree] = Driver(shared, window=4)
    next(left.run(searches()))
    other: Driver[SearchTree] = Driver(shared, window=4)
    for driver in (other, left):
        trees = dict(driver.run(searches()))
        assert all_rows(trees[key] for key in undisturbed) == all_rows(undisturbed.values())


def test_when_the_engine_gives_up_every_driver_that_shares_it_says_why():
    shared = machinery(DyingEngine(random.Random(0)))
    said: list[str] = []

    def run() -> None:
        with pytest.raises(EngineUnavailable) as error:
            list(Driver(shared, window=4).run(searches()))
        said.append(str(error.value))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == ["3 engine processes in a row were lost, the last one: out of memory; use less"] * 3


def test_the_window_is_what_the_cache_holds_of_prefixes_as_they_turn_out():
    window = Window(100, KvCapacity(n_tokens=10_000, longest=1000))
    assert window.size == 10
    window.observe(300)
    window.observe(100)
    assert window.size == 50
    window.observe(1)
    window.observe(1)
    assert window.size == 99
    assert Window(100, None).size == 100
    assert Window(100, KvCapacity(n_tokens=10, longest=1000)).size == 1


def test_a_small_cache_keeps_trees_waiting_and_changes_none(undisturbed):
    class CountingEngine(FakeEngine):
        def submit(self, request) -> None:
            super().submit(request)
            assert len({r.prompt[:40] for r in self.pending if isinstance(r, GenerationRequest)}) <= 3

    # The fake's prompts have 10 tokens and its five candidates 7 each.
    driver: Driver[SearchTree] = Driver(
        machinery(CountingEngine(random.Random(0))), window=20, kv=KvCapacity(n_tokens=3 * 15, longest=15)
    )
    trees = dict(driver.run(searches()))
    assert all_rows(trees[key] for key in undisturbed) == all_rows(undisturbed.values())


def test_who_asks_is_told_how_much_of_the_searches_in_flight_is_done(undisturbed):
    told: list[float] = []
    driver: Driver[SearchTree] = Driver(machinery(FakeEngine(random.Random(0))), window=4)
    assert dict(driver.run(searches(), told.append)).keys() == undisturbed.keys()
    assert len(told) == sum(tree.n_rollouts for tree in undisturbed.values())
    assert min(told) > 0
    assert max(told) <= 4
    assert len({round(share % 1, 3) for share in told}) > 10, "it is told between the ends of trees"
