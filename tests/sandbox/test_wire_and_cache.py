"""Frames survive any cut of the stream; the snapshot cache keeps its bounds whatever is added, found and dropped."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.sandbox.wire import FrameReader, OversizedFrame, frame
from tasks.sandbox.worker.paths import kind_of, seeds_of
from tasks.sandbox.worker.processes import Job, Kind, Process
from tasks.sandbox.worker.rebuilds import Rebuilds
from tasks.sandbox.worker.snapshots import SnapshotCache

MESSAGES = st.lists(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=5)
)


@given(MESSAGES, st.lists(st.integers(min_value=1, max_value=50)))
def test_frames_survive_any_cut(messages: list[object], sizes: list[int]) -> None:
    stream = b"".join(frame(message) for message in messages)
    reader = FrameReader(1 << 20)
    received = []
    for size in [*sizes, len(stream) + 1]:
        received += reader.feed(stream[:size])
        stream = stream[size:]
    assert received == messages


def test_a_frame_that_is_announced_too_long_is_refused_before_it_comes() -> None:
    with pytest.raises(OversizedFrame):
        FrameReader(100).feed((101).to_bytes(4, "big"))


class FakeProcess:
    """What the cache looks at."""

    def __init__(self, private_mib: float, kind: str = "light") -> None:
        self.private_mib = private_mib
        self.kind = kind


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 4), st.floats(0, 5)), max_size=40),
    st.integers(1, 6),
    st.floats(1, 20),
)
def test_the_cache_keeps_its_bounds_and_loses_nobody(
    adds: list[tuple[str, int, float]], max_count: int, max_mib: float
) -> None:
    cache = SnapshotCache(max_count, max_mib)
    alive: set[Process] = set()
    for tree_id, depth, mib in adds:
        process = cast("Process", FakeProcess(mib))
        alive.add(process)
        ended = cache.add(process, tree_id, tuple("x" * depth))
        alive -= set(ended)
        assert set(cache) == alive
        assert len(cache) <= max_count
        assert abs(cache.total_mib - sum(each.private_mib for each in alive)) < 1e-6
        assert cache.total_mib <= max_mib + 1e-6


def test_a_snapshot_that_grew_makes_the_oldest_go() -> None:
    cache = SnapshotCache(10, 10.0)
    old, grown = (cast("Process", FakeProcess(4.0)) for _ in range(2))
    assert cache.add(old, "t", ("a",)) == cache.add(grown, "t", ("b",)) == []
    assert cache.weigh(grown, 5.0) == []
    assert cache.weigh(grown, 7.0) == [old]
    assert cache.weigh(old, 1.0) == []
    assert cache.total_mib == 7.0


def test_the_nearest_ancestor_of_the_same_kind_and_tree_is_found() -> None:
    cache = SnapshotCache(10, 10)
    short, long_, heavy = (cast("Process", FakeProcess(0, kind)) for kind in ("light", "light", "heavy"))
    cache.add(short, "t", ("a",))
    cache.add(long_, "t", ("a", "b"))
    cache.add(heavy, "t", ("a", "b", "c"))
    assert cache.nearest("t", ("a", "b", "c", "d"), "light") == (long_, 2)
    assert cache.nearest("t", ("a", "x"), "light") == (short, 1)
    assert cache.nearest("t", ("a",), "light") == (None, 0)
    assert cache.nearest("u", ("a", "b", "c"), "light") == (None, 0)
    assert set(cache.release("t")) == {short, long_, heavy}
    assert len(cache) == 0


def test_the_siblings_of_a_step_that_is_continued_go_first() -> None:
    cache = SnapshotCache(3, 10)
    other, chosen, sibling, fresh = (cast("Process", FakeProcess(0)) for _ in range(4))
    cache.add(other, "u", ("z",))
    cache.add(sibling, "t", ("a", "c"))
    cache.add(chosen, "t", ("a", "b"))
    assert cache.nearest("t", ("a", "b", "d"), "light") == (chosen, 2)
    assert cache.add(fresh, "t", ("a", "b", "d")) == [sibling]
    assert cache.was_dropped("t", ("a", "c"))
    assert not cache.was_dropped("t", ("a", "b"))
    cache.release("t")
    assert not cache.was_dropped("t", ("a", "c"))


def a_job(number: int, *path: str, n_faults: int = 0, kind: Kind = "light") -> Job:
    return Job(number, "t", path, kind, n_faults)


@pytest.fixture
def rebuilds() -> Rebuilds:
    """Of a cache in which the snapshot of ("a",) had to go."""
    cache = SnapshotCache(1, 10)
    for path in (("a",), ("z",)):
        cache.add(cast("Process", FakeProcess(0)), "t", path)
    return Rebuilds(cache)


def test_steps_whose_prefix_was_dropped_wait_for_one_run_of_it(rebuilds: Rebuilds) -> None:
    first, second, third, alone = a_job(1, "a", "b"), a_job(2, "a", "c"), a_job(3, "a", "d"), a_job(4, "x", "y")
    faulted = a_job(5, "a", "b", n_faults=1)
    assert rebuilds.turn(alone, [first]) is alone
    assert rebuilds.turn(faulted, [first, second]) is faulted
    assert rebuilds.turn(first, [alone]) is first, "nobody else continues the prefix"
    rebuild = rebuilds.turn(first, [alone, second])
    assert rebuild is not None
    assert rebuild.path == ("a",)
    assert rebuilds.turn(second, []) is None
    assert rebuilds.turn(third, []) is None
    assert rebuilds.followers(rebuild) == [first, second, third]
    assert rebuilds.turn(first, [second, third]) is first, "nobody waits twice"


def test_a_step_waits_for_no_prefix_of_another_kind(rebuilds: Rebuilds) -> None:
    light, heavy = [a_job(n, "a", f"{n}") for n in range(2)], [a_job(n, "a", f"{n}", kind="heavy") for n in range(2, 4)]
    first = rebuilds.turn(light[0], light[1:])
    second = rebuilds.turn(heavy[0], heavy[1:])
    assert first is not None
    assert second is not None
    assert (first.kind, second.kind) == ("light", "heavy")
    assert rebuilds.followers(second) == heavy[:1]
    assert rebuilds.followers(first) == light[:1]


def test_a_snapshot_that_is_too_large_to_stay_is_not_waited_for() -> None:
    cache = SnapshotCache(10, 1.0)
    large = cast("Process", FakeProcess(2.0))
    assert cache.add(large, "t", ("a",)) == [large]
    assert not cache.was_dropped("t", ("a",))


@given(st.lists(st.text(), min_size=1, max_size=6), st.text())
def test_the_seed_of_a_step_depends_on_its_path_alone(path: list[str], other: str) -> None:
    seeds = seeds_of(tuple(path))
    assert seeds_of((*path, other))[:-1] == seeds
    assert all(0 <= seed < 2**62 for seed in seeds)
    if other != path[-1]:
        assert seeds_of((*path[:-1], other))[-1] != seeds[-1]


def test_only_what_names_a_heavy_library_starts_heavy() -> None:
    assert kind_of(["import math", "x = 1"]) == "light"
    assert kind_of(["x = 1", "from sympy import solve"]) == "heavy"
    assert kind_of(["x = np", "import numpy as np"]) == "heavy"
