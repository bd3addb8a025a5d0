"""Read the nodes and preference pairs of search trees and turn them into packs. No torch here."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pyarrow.parquet as pq

from models.training.tree_packing import Pack, TokenPair, is_held_out, pack_pairs
from warehouse.errors import TrainingFailed

Tokenize = Callable[[list[str]], list[list[int]]]
NodeKey = tuple[str, int]

HELD_OUT_SHARE: Final = 0.1
"""Share of problems, by hash of their id, whose pairs are never trained on and measure the pair accuracy."""


@dataclass(frozen=True, slots=True)
class PreferencePair:
    """Two nodes of one problem's search trees, the first preferred, with their Q-values and the pair's weight in the loss.

    kind: `step` for two candidates of one step, `answer` for two whole trajectories.
    """

    problem_id: str
    kind: Literal["step", "answer"]
    chosen: NodeKey
    rejected: NodeKey
    chosen_q: float
    rejected_q: float
    weight: float


@dataclass(frozen=True, slots=True)
class PpmData:
    """Packs to train on, packs of held-out problems, and what packing saved and lost.

    n_dropped_pairs: too long for a pack, or both prefixes the same tokens. n_repeated_pairs: left out because a newer pair has
    the same texts. n_separate_tokens: tokens of all other pairs if each of their prefixes were a sequence of its own, as in
    TRL's RewardTrainer.
    """

    train: list[Pack]
    held_out: list[Pack]
    n_dropped_pairs: int
    n_repeated_pairs: int
    n_separate_tokens: int


def read_nodes(path: Path) -> dict[NodeKey, tuple[int | None, str]]:
    """Return (parent_id, text) of each node by (tree_id, node_id)."""
    columns = pq.read_table(path, columns=["tree_id", "node_id", "parent_id", "text"], use_threads=False).to_pydict()
    rows = zip(columns["tree_id"], columns["node_id"], columns["parent_id"], columns["text"], strict=True)
    return {(tree_id, node_id): (parent_id, text) for tree_id, node_id, parent_id, text in rows}


def read_pairs(path: Path) -> list[PreferencePair]:
    """Return the preference pairs of a Parquet file."""
    return [
        PreferencePair(
            problem_id=row["problem_id"],
            kind=row["kind"],
            chosen=(row["chosen_tree_id"], row["chosen_node_id"]),
            rejected=(row["rejected_tree_id"], row["rejected_node_id"]),
            chosen_q=row["chosen_q"],
            rejected_q=row["rejected_q"],
            weight=row["weight"],
        )
        for row in pq.read_table(path, use_threads=False).to_pylist()
    ]


def prefix_text(nodes: Mapping[NodeKey, tuple[int | None, str]], key: NodeKey) -> str:
    """Return the text from the root to the end of a node. Raises TrainingFailed where a node of the path is missing."""
    texts = []
    tree_id, node_id = key
    next_id: int | None = node_id
    while next_id is not None:
        if (tree_id, next_id) not in nodes:
            raise TrainingFailed(
                f"node {next_id} of tree {tree_id}, on the path of a preference pair's node {node_id}, is not among the nodes",
                hint="export all nodes on the paths of the pairs",
            )
        next_id, text = nodes[tree_id, next_id]
        texts.append(text)
    return "".join(reversed(texts))


def build_packs(
    nodes: Mapping[NodeKey, tuple[int | None, str]],
    pairs: Iterable[PreferencePair],
    tokenize: Tokenize,
    max_length: int,
    held_out_share: float,
    *,
    repeats: bool = False,
) -> PpmData:
    """Return the packs of all problems, in the order of their ids.

    repeats: whether a pair stands in them as often as it was found, or once, as it was found last.
    Each prefix is tokenized whole, as it is when the PPM is served, so that a tokenizer that joins characters across the
    boundary of nodes gives the same tokens in both places. Equal prefixes are tokenized once.
    """
    by_problem: dict[str, list[PreferencePair]] = defaultdict(list)
    for pair in pairs:
        by_problem[pair.problem_id].append(pair)
    train: list[Pack] = []
    held_out: list[Pack] = []
    n_pairs = n_repeated = n_separate_tokens = 0
    for problem_id, problem_pairs in sorted(by_problem.items()):
        texts = {key: prefix_text(nodes, key) for pair in problem_pairs for key in (pair.chosen, pair.rejected)}
        kept = problem_pairs if repeats else _newest(problem_pairs, texts)
        token_pairs = _token_pairs(kept, texts, tokenize)
        packs = pack_pairs(problem_id, [pair for pair in token_pairs if pair.chosen_ids != pair.rejected_ids], max_length)
        (held_out if is_held_out(problem_id, held_out_share) else train).extend(packs)
        n_pairs += len(token_pairs)
        n_repeated += len(problem_pairs) - len(kept)
        n_separate_tokens += sum(len(pair.chosen_ids) + len(pair.rejected_ids) for pair in token_pairs)
    n_packed = sum(len(pack.weights) for pack in [*train, *held_out])
    return PpmData(train, held_out, n_pairs - n_packed, n_repeated, n_separate_tokens)


def _newest(pairs: list[PreferencePair], texts: Mapping[NodeKey, str]) -> list[PreferencePair]:
    """Return the pairs, which come in the order of their rounds, without those whose texts come again later."""
    return list({(pair.kind, texts[pair.chosen], texts[pair.rejected]): pair for pair in pairs}.values())


def _token_pairs(pairs: list[PreferencePair], texts: Mapping[NodeKey, str], tokenize: Tokenize) -> list[TokenPair]:
    unique = sorted({texts[key] for pair in pairs for key in (pair.chosen, pair.rejected)})
    ids = dict(zip(unique, map(tuple, tokenize(unique)), strict=True))
    return [
        TokenPair(ids[texts[pair.chosen]], ids[texts[pair.rejected]], pair.weight, pair.chosen_q, pair.rejected_q)
        for pair in pairs
    ]
