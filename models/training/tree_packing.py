"""Pack the preference pairs of a problem's search trees into token sequences in which every shared prefix stands once.

Scored prefixes are inserted into a trie of tokens. Each token remembers the token before it on its path (`parents`) and its
place on that path (`positions`), which is all that an attention mask needs: a token sees its ancestors and itself, nothing
else. A score read at a prefix's last token then equals the score of that prefix alone. Siblings share tokens as far as they
agree (a comment, the left side of an assignment), trees of one problem share whatever they have in common.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NO_PARENT = -1


@dataclass(frozen=True, slots=True)
class TokenPair:
    """A preference pair as tokens: two prefixes, each scored at its last token, their Q-values, and its weight in the loss."""

    chosen_ids: tuple[int, ...]
    rejected_ids: tuple[int, ...]
    weight: float
    chosen_q: float
    rejected_q: float


@dataclass(frozen=True, slots=True)
class Pack:
    """A sequence that holds some pairs of one problem.

    input_ids, parents, positions: one entry per token; a token comes after all its ancestors; the first token's parent is -1.
    chosen, rejected: indices of the tokens at which the two prefixes of each pair are scored. The rest: one per pair.
    """

    problem_id: str
    input_ids: list[int]
    parents: list[int]
    positions: list[int]
    chosen: list[int]
    rejected: list[int]
    weights: list[float]
    chosen_q: list[float]
    rejected_q: list[float]


class TokenTrie:
    """Sequences of tokens, their common beginnings stored once, in the order in which they were first seen. Mutable."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.parents: list[int] = []
        self.positions: list[int] = []
        self._children: dict[tuple[int, int], int] = {}

    def insert(self, ids: Sequence[int]) -> int:
        """Return the index of the last token of `ids`, which lies in the trie from now on."""
        index = NO_PARENT
        for position, token in enumerate(ids):
            child = self._children.get((index, token))
            if child is None:
                child = len(self.tokens)
                self._children[index, token] = child
                self.tokens.append(token)
                self.parents.append(index)
                self.positions.append(position)
            index = child
        return index

    def n_missing(self, ids: Sequence[int]) -> int:
        """Return how many tokens `insert` would add."""
        index = NO_PARENT
        for position, token in enumerate(ids):
            child = self._children.get((index, token))
            if child is None:
                return len(ids) - position
            index = child
        return 0


def pack_pairs(problem_id: str, pairs: Iterable[TokenPair], max_length: int) -> list[Pack]:
    """Return packs of at most max_length tokens that hold every pair that fits into one; the others are in no pack.

    Pairs are taken in the order of their tokens, so that neighbours share most of their prefix where a problem needs several
    packs, and so that the result does not depend on the order of rows.
    """
    packs: list[Pack] = []
    trie = TokenTrie()
    pack = _empty_pack(problem_id, trie)
    for pair in sorted(pairs, key=_order):
        if len(trie.tokens) + trie.n_missing(pair.chosen_ids) + trie.n_missing(pair.rejected_ids) > max_length:
            # The two prefixes share tokens that n_missing counts twice, so a pack may close a little early.
            if pack.weights:
                packs.append(pack)
            trie = TokenTrie()
            pack = _empty_pack(problem_id, trie)
        if _union_length(pair) <= max_length:
            pack.chosen.append(trie.insert(pair.chosen_ids))
            pack.rejected.append(trie.insert(pair.rejected_ids))
            pack.weights.append(pair.weight)
            pack.chosen_q.append(pair.chosen_q)
            pack.rejected_q.append(pair.rejected_q)
    return [*packs, pack] if pack.weights else packs


def ancestor_mask(parents: Sequence[int]) -> NDArray[np.bool_]:
    """Return a bool array (n, n): row i is true at token i and at each of its ancestors."""
    n_tokens = len(parents)
    mask = np.zeros((n_tokens, n_tokens), dtype=np.bool_)
    for index, parent in enumerate(parents):
        if parent != NO_PARENT:
            mask[index] = mask[parent]
        mask[index, index] = True
    return mask


def is_held_out(problem_id: str, share: float) -> bool:
    """Return whether a problem belongs to the held-out share. Decided by its id alone, so it is the same in every round."""
    fraction = int.from_bytes(hashlib.sha256(f"held-out:{problem_id}".encode()).digest()[:8], "big") / 2**64
    return fraction < share


def _empty_pack(problem_id: str, trie: TokenTrie) -> Pack:
    return Pack(problem_id, trie.tokens, trie.parents, trie.positions, [], [], [], [], [])


def _order(pair: TokenPair) -> tuple[tuple[int, ...], tuple[int, ...], tuple[float, ...]]:
    return pair.chosen_ids, pair.rejected_ids, (pair.weight, pair.chosen_q, pair.rejected_q)


def _union_length(pair: TokenPair) -> int:
    n_shared = 0
    for left, right in zip(pair.chosen_ids, pair.rejected_ids, strict=False):
        if left != right:
            break
        n_shared += 1
    return len(pair.chosen_ids) + len(pair.rejected_ids) - n_shared
