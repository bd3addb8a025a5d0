"""Read one search tree from the lake, as everything that shows it needs it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tasks.search.format import code_of
from warehouse.errors import BadInput
from warehouse.records import Ending, Outcome, PairKind, Verdict, Verification
from warehouse.store.lake import Warehouse


@dataclass(frozen=True, slots=True)
class TreeNode:
    """One row of the query `tree`. n_chosen, n_rejected: preference pairs; sft_rounds: rounds that train on its trajectory."""

    node_id: int
    parent_id: int | None
    depth: int
    n_visits: int
    n_correct: int
    n_wrong: int
    q_value: float | None
    ppm_score: float | None
    outcome: Outcome
    ending: Ending | None
    verdict: Verdict | None
    answer: str | None
    verification: Verification | None
    n_chosen: int
    n_rejected: int
    sft_rounds: tuple[int, ...]
    n_merged: int
    n_tokens: int
    text: str
    stdout: str
    error: str | None

    @property
    def code(self) -> str:
        """The Python code of the step; the root has none."""
        return "" if self.parent_id is None else code_of(self.text)

    @property
    def title(self) -> str:
        """The first line of the code that does something; a step that is all comment is called by that."""
        if self.parent_id is None:
            return "the problem"
        lines = [line.strip() for line in self.code.splitlines() if line.strip()]
        return next((line for line in lines if not line.startswith("#")), lines[0] if lines else "(nothing)")

    @property
    def fate(self) -> str:
        """What became of the node, in a word or two: the verdict on its answer, else how its code or the path ended."""
        if self.verification is not None:
            return self.verification.replace("_", " ")
        if self.verdict is not None:
            return self.verdict
        if self.outcome not in ("ok", "not_run"):
            return self.outcome.replace("_", " ")
        return (self.ending or "").replace("_", " ")

    @property
    def uses(self) -> str:
        """What the node is used for, as in "+2 -1 SFT": chosen and rejected sides of preference pairs, and training."""
        parts = (
            f"+{self.n_chosen}" if self.n_chosen else "",
            f"-{self.n_rejected}" if self.n_rejected else "",
            "SFT" if self.sft_rounds else "",
        )
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class TreePair:
    """One row of the query `tree_pairs`: a preference pair with at least one side in the tree."""

    kind: PairKind
    round: int
    prefix_node_id: int
    chosen_tree_id: str
    chosen_node_id: int
    chosen_q: float
    rejected_tree_id: str
    rejected_node_id: int
    rejected_q: float
    weight: float


@dataclass(frozen=True, slots=True)
class Side:
    """A node's place in a preference pair, and the node that it is compared with, perhaps of another tree."""

    role: Literal["chosen", "rejected"]
    kind: PairKind
    other_tree_id: str
    other_node_id: int
    q_value: float
    other_q_value: float


@dataclass(frozen=True, slots=True)
class SearchTree:
    """A search tree with its problem. nodes: in order of creation, the root first."""

    tree_id: str
    round: int
    problem_id: str
    statement: str
    reference_answer: str
    level: int | None
    source: str
    policy_id: str | None
    ppm_id: str | None
    nodes: tuple[TreeNode, ...]
    pairs: tuple[TreePair, ...]

    @property
    def root(self) -> TreeNode:
        """The node that stands for the problem."""
        return self.nodes[0]

    def children(self) -> dict[int, list[TreeNode]]:
        """Return the children of each node that has any, in order of creation."""
        found: dict[int, list[TreeNode]] = {}
        for node in self.nodes:
            if node.parent_id is not None:
                found.setdefault(node.parent_id, []).append(node)
        return found

    def sides(self) -> dict[int, list[Side]]:
        """Return the places of each node in preference pairs."""
        found: dict[int, list[Side]] = {}
        for pair in self.pairs:
            chosen = (pair.chosen_tree_id, pair.chosen_node_id, pair.chosen_q)
            rejected = (pair.rejected_tree_id, pair.rejected_node_id, pair.rejected_q)
            if pair.chosen_tree_id == self.tree_id:
                side = Side("chosen", pair.kind, rejected[0], rejected[1], chosen[2], rejected[2])
                found.setdefault(pair.chosen_node_id, []).append(side)
            if pair.rejected_tree_id == self.tree_id:
                side = Side("rejected", pair.kind, chosen[0], chosen[1], rejected[2], chosen[2])
                found.setdefault(pair.rejected_node_id, []).append(side)
        return found

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield what is worth knowing of the tree as a whole, as name and value."""
        yield "tree", self.tree_id
        yield "round", str(self.round)
        yield "problem", self.problem_id
        if self.level is not None:
            yield "level", str(self.level)
        yield "nodes", f"{len(self.nodes):,}"
        yield "rollouts", f"{self.root.n_visits:,}, of which {self.root.n_correct:,} end right"
        yield "searched by", " and ".join(name for name in (self.policy_id, self.ppm_id) if name) or "nobody here (imported)"


def read_tree(lake: Warehouse, tree_id: str) -> SearchTree:
    """Return a tree by its whole id. Raises BadInput where the lake has none of that id."""
    facts = lake.query("tree_facts", tree_id=tree_id)
    if facts.is_empty():
        raise BadInput(f"no tree is called {tree_id!r}", hint="find one with: stargrove problem ID")
    nodes = lake.query("tree", tree_id=tree_id).iter_rows(named=True)
    pairs = lake.query("tree_pairs", tree_id=tree_id).iter_rows(named=True)
    return SearchTree(
        **facts.row(0, named=True),
        nodes=tuple(TreeNode(**row | {"sft_rounds": tuple(row["sft_rounds"])}) for row in nodes),
        pairs=tuple(TreePair(**row) for row in pairs),
    )
