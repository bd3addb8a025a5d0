"""Packing of preference pairs into token tries: every prefix once, every pair readable, nothing lost silently."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.ppm_data import PreferencePair, build_packs, prefix_text
from models.training.tree_packing import NO_PARENT, Pack, TokenPair, ancestor_mask, is_held_out, pack_pairs
from warehouse.errors import TrainingFailed

ids = st.lists(st.integers(0, 2), min_size=1, max_size=6).map(tuple)
token_pairs = st.lists(
    st.builds(TokenPair, ids, ids, st.sampled_from([0.25, 0.5, 1.0]), st.just(0.5), st.just(-1.0)).filter(
        lambda pair: pair.chosen_ids != pair.rejected_ids
    ),
    min_size=1,
    max_size=8,
)


def path_to(pack: Pack, index: int) -> tuple[int, ...]:
    path = []
    while index != NO_PARENT:
        path.append(pack.input_ids[index])
        index = pack.parents[index]
    return tuple(reversed(path))


def pairs_of(pack: Pack) -> list[TokenPair]:
    return [
        TokenPair(path_to(pack, pack.chosen[i]), path_to(pack, pack.rejected[i]), weight, pack.chosen_q[i], pack.rejected_q[i])
        for i, weight in enumerate(pack.weights)
    ]


@given(token_pairs)
def test_every_pair_can_be_read_from_its_pack(pairs: list[TokenPair]) -> None:
    (pack,) = pack_pairs("p", pairs, max_length=1000)
    assert sorted(map(repr, pairs_of(pack))) == sorted(map(repr, pairs))


@given(token_pairs)
def test_every_prefix_stands_once(pairs: list[TokenPair]) -> None:
    (pack,) = pack_pairs("p", pairs, max_length=1000)
    wholes = [whole for pair in pairs for whole in (pair.chosen_ids, pair.rejected_ids)]
    prefixes = {whole[:end] for whole in wholes for end in range(1, len(whole) + 1)}
    assert {path_to(pack, index) for index in range(len(pack.input_ids))} == prefixes
    assert len(pack.input_ids) == len(prefixes)


@given(token_pairs)
def test_positions_count_tokens_along_the_path(pairs: list[TokenPair]) -> None:
    (pack,) = pack_pairs("p", pairs, max_length=1000)
    assert pack.positions == [len(path_to(pack, index)) - 1 for index in range(len(pack.input_ids))]


@given(token_pairs, st.integers(1, 14))
def test_packs_keep_to_the_length_and_hold_every_pair_that_fits(pairs: list[TokenPair], max_length: int) -> None:
    packs = pack_pairs("p", pairs, max_length)
    assert all(len(pack.input_ids) <= max_length for pack in packs)
    fitting = [pair for pair in pairs if pack_pairs("p", [pair], max_length)]
    assert sorted(repr(pair) for pack in packs for pair in pairs_of(pack)) == sorted(map(repr, fitting))


@given(token_pairs, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(pairs: list[TokenPair], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(pairs)
    random.shuffle(shuffled)
    assert pack_pairs("p", pairs, 12) == pack_pairs("p", shuffled, 12)


@given(token_pairs)
def test_a_token_sees_its_ancestors_and_itself_only(pairs: list[TokenPair]) -> None:
    (pack,) = pack_pairs("p", pairs, max_length=1000)
    mask = ancestor_mask(pack.parents)
    for index in range(len(pack.parents)):
        seen = {index}
        while pack.parents[min(seen)] != NO_PARENT:
            seen.add(pack.parents[min(seen)])
        assert set(np.flatnonzero(mask[index])) == seen


def test_the_split_is_by_problem_and_near_the_share() -> None:
    held_out = [name for name in map(str, range(4000)) if is_held_out(name, 0.1)]
    assert 320 < len(held_out) < 480
    assert held_out == [name for name in map(str, range(4000)) if is_held_out(name, 0.1)]
    assert not any(is_held_out(str(name), 0.0) for name in range(100))


NODES = {
    ("t1", 0): (None, "Q"),
    ("t1", 1): (0, "ab"),
    ("t1", 2): (0, "ac"),
    ("t1", 3): (1, "unused"),
    ("t2", 0): (None, "Q"),
    ("t2", 1): (0, "ab"),
    ("t2", 2): (1, "x"),
    ("t2", 3): (1, "y"),
}
STEP_PAIR = PreferencePair("p", "step", ("t1", 1), ("t1", 2), 0.5, -1.0, weight=1.0)
ANSWER_PAIR = PreferencePair("p", "answer", ("t2", 2), ("t2", 3), 0.5, -1.0, weight=0.5)
ACROSS = PreferencePair("p", "answer", ("t1", 2), ("t2", 2), 0.5, -1.0, weight=0.5)
EQUAL = PreferencePair("p", "answer", ("t1", 1), ("t2", 1), 0.5, -1.0, weight=0.5)


def tokenize(texts: list[str]) -> list[list[int]]:
    return [[ord(character) for character in text] for text in texts]


def test_trees_of_a_problem_share_what_they_have_in_common() -> None:
    (pack,) = build_packs(NODES, [STEP_PAIR, ANSWER_PAIR, ACROSS], tokenize, 100, held_out_share=0).train
    assert sorted(map(chr, pack.input_ids)) == sorted("Qabcxy")


def test_pairs_of_equal_prefixes_are_dropped_and_counted() -> None:
    data = build_packs(NODES, [STEP_PAIR, EQUAL], tokenize, 100, held_out_share=0)
    assert data.n_dropped_pairs == 1
    assert len(data.train[0].weights) == 1


def test_a_pair_that_comes_again_is_trained_on_once_as_it_was_found_last() -> None:
    again = {("t9", node_id): node for (tree_id, node_id), node in NODES.items() if tree_id == "t1"}
    newer = PreferencePair("p", "step", ("t9", 1), ("t9", 2), 0.25, -1.0, weight=0.5)
    pairs = [STEP_PAIR, ANSWER_PAIR, newer]
    data = build_packs(NODES | again, pairs, tokenize, 100, held_out_share=0)
    assert (data.n_repeated_pairs, data.n_dropped_pairs) == (1, 0)
    assert sorted(zip(data.train[0].weights, data.train[0].chosen_q, strict=True)) == [(0.5, 0.25), (0.5, 0.5)]
    every = build_packs(NODES | again, pairs, tokenize, 100, held_out_share=0, repeats=True)
    assert (every.n_repeated_pairs, len(every.train[0].weights)) == (0, 3)


def test_pairs_that_fit_in_no_pack_are_dropped_and_counted() -> None:
    data = build_packs(NODES, [STEP_PAIR, ANSWER_PAIR], tokenize, max_length=4, held_out_share=0)
    assert data.n_dropped_pairs == 1
    assert [pack.weights for pack in data.train] == [[1.0]]


def test_held_out_problems_are_in_no_training_pack() -> None:
    nodes = {(f"tree {name}", key[1]): node for name in range(50) for key, node in NODES.items() if key[0] == "t1"}
    pairs = [PreferencePair(str(name), "step", (f"tree {name}", 1), (f"tree {name}", 2), 0.5, -1.0, 1.0) for name in range(50)]
    data = build_packs(nodes, pairs, tokenize, 100, held_out_share=0.3)
    trained, held_out = ({pack.problem_id for pack in packs} for packs in (data.train, data.held_out))
    assert trained and held_out and not trained & held_out
    assert len(trained | held_out) == 50


def test_a_missing_node_is_named() -> None:
    with pytest.raises(TrainingFailed, match="node 7 of tree t1"):
        prefix_text({**NODES, ("t1", 8): (7, "z")}, ("t1", 8))
