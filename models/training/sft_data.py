"""SFT examples as tokens: which of them are learned, and several solutions of one problem as one pack. No torch here."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from models.training.observed_blocks import loss_mask
from models.training.tree_packing import TokenTrie

IGNORED: Final = -100
"""The label that torch's cross entropy skips."""


@dataclass(frozen=True, slots=True)
class SftExamples:
    """Tokenized examples with the prompt of each, and how many were longer than max_length and dropped."""

    rows: list[dict[str, list[int]]]
    prompts: list[str]
    n_dropped_too_long: int


@dataclass(frozen=True, slots=True)
class SftPack:
    """Solutions that begin alike, as one tree of tokens.

    input_ids, parents, positions: as in models.training.tree_packing.Pack. n_learned: how many of the solutions learn each
    token, which is predicted at its parent; 0 for prompts and for what code printed.
    """

    input_ids: list[int]
    parents: list[int]
    positions: list[int]
    n_learned: list[int]


def read_examples(path: Path) -> list[tuple[str, str]]:
    """Return (prompt, completion) of each row of a Parquet file."""
    columns = pq.read_table(path, columns=["prompt", "completion"], use_threads=False).to_pydict()
    return list(zip(columns["prompt"], columns["completion"], strict=True))


def tokenize_examples(
    examples: list[tuple[str, str]], tokenizer: Any, observed: tuple[str, str], max_length: int
) -> SftExamples:
    """Return input_ids and labels per example: a token is learned if it ends in the completion, outside observed blocks."""
    texts = [prompt + completion for prompt, completion in examples]
    encoded = tokenizer(texts, add_special_tokens=False, return_offsets_mapping=True)
    rows, prompts = [], []
    for (prompt, completion), ids, offsets in zip(examples, encoded["input_ids"], encoded["offset_mapping"], strict=True):
        if len(ids) <= max_length:
            learned = loss_mask(len(prompt), completion, offsets, observed)
            labels = [token if is_learned else IGNORED for token, is_learned in zip(ids, learned, strict=True)]
            rows.append({"input_ids": ids, "labels": labels})
            prompts.append(prompt)
    return SftExamples(rows, prompts, len(texts) - len(rows))


def packed_examples(rows: Sequence[dict[str, list[int]]], prompts: Sequence[str]) -> list[SftPack]:
    """Return one pack per prompt, in order of first appearance: what its solutions have in common stands in it once.

    The loss over a pack is that over its examples one by one: a token of a common beginning counts once for each.
    """
    by_prompt: dict[str, list[dict[str, list[int]]]] = defaultdict(list)
    for row, prompt in zip(rows, prompts, strict=True):
        by_prompt[prompt].append(row)
    return [_pack(group) for group in by_prompt.values()]


def _pack(rows: Sequence[dict[str, list[int]]]) -> SftPack:
    trie = TokenTrie()
    learned: Counter[int] = Counter()
    for row in rows:
        index = trie.insert(row["input_ids"])
        for label in reversed(row["labels"]):
            learned[index] += label != IGNORED
            index = trie.parents[index]
    return SftPack(trie.tokens, trie.parents, trie.positions, [learned[index] for index in range(len(trie.tokens))])
