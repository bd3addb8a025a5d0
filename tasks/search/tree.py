"""The search tree: nodes, UCT selection and the propagation of rewards. Source: arXiv 2501.04519, section 3.2."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from tasks.search.format import code_of
from warehouse.records import Ending, Node, Outcome, Verdict

REWARDS: dict[Verdict, float] = {"correct": 1.0, "wrong": -1.0, "unknown": 0.0}
"""Reward of a terminal node. An answer that could not be graded says nothing, so it weighs nothing."""


@dataclass(slots=True, eq=False)
class SearchNode:
    """A step placed in a tree. Mutable: visits grow while the tree does.

    value_sum adds up the rewards of the rollouts that passed here. prior_visits is 1 where a PPM score stands in as the
    first visit, else 0. is_exhausted: no terminal node at or below this one is left to be visited.
    """

    node_id: int
    parent: "SearchNode | None"
    text: str
    n_tokens: int = 0
    n_merged: int = 1
    outcome: Outcome = "not_run"
    stdout: str = ""
    error: str | None = None
    ending: Ending | None = None
    answer: str | None = None
    verdict: Verdict | None = None
    grading_method: str | None = None
    reward: float = -1.0
    n_visits: int = 0
    n_correct: int = 0
    n_wrong: int = 0
    value_sum: float = 0.0
    ppm_score: float | None = None
    prior_visits: int = 0
    is_exhausted: bool = False
    repairs: tuple[str, ...] = ()
    children: "list[SearchNode]" = field(default_factory=list)

    @property
    def depth(self) -> int:
        """Steps from the root, which has depth 0."""
        return 0 if self.parent is None else self.parent.depth + 1

    @property
    def q_value(self) -> float | None:
        """Mean reward in [-1, 1], a PPM prior counted as one visit; None while nothing is known."""
        n = self.n_visits + self.prior_visits
        if n == 0:
            return None
        prior = self.ppm_score if self.prior_visits and self.ppm_score is not None else 0.0
        return (self.value_sum + prior) / n

    def path(self) -> "list[SearchNode]":
        """Return the nodes from the root to this one."""
        nodes = [self]
        while nodes[-1].parent is not None:
            nodes.append(nodes[-1].parent)
        return nodes[::-1]

    def prefix(self) -> str:
        """Return the text that a child continues."""
        return "".join(node.text for node in self.path())

    def code_path(self) -> tuple[str, ...]:
        """Return the code that made this node's Python state: that of the steps which ran without failing."""
        return tuple(code_of(node.text) for node in self.path() if node.outcome == "ok")

    def n_errors_in_a_row(self) -> int:
        """Return how many steps ending in this one failed consecutively."""
        count = 0
        node: SearchNode | None = self
        while node is not None and node.outcome not in ("ok", "not_run"):
            count += 1
            node = node.parent
        return count


@dataclass(slots=True, eq=False)
class SearchTree:
    """All nodes grown for one problem with one seed. nodes[i].node_id == i; nodes[0] is the root.

    n_merged_tokens: those of candidates for which another stands. expanding holds the nodes whose children are being made.
    """

    tree_id: str
    problem_id: str
    nodes: list[SearchNode]
    n_rollouts: int = 0
    n_merged_tokens: int = 0
    expanding: dict[SearchNode, None] = field(default_factory=dict)

    @classmethod
    def planted(cls, tree_id: str, problem_id: str, prompt: str) -> "SearchTree":
        """Return a tree that is only a root, which holds the prompt."""
        return cls(tree_id, problem_id, [SearchNode(0, None, prompt)])

    @property
    def root(self) -> SearchNode:
        """The node that holds the prompt."""
        return self.nodes[0]

    @property
    def solved(self) -> bool:
        """Whether some node's answer was graded correct."""
        return any(node.verdict == "correct" for node in self.nodes)

    @property
    def endings(self) -> "list[SearchNode]":
        """The distinct terminal nodes in which rollouts ended."""
        return [node for node in self.nodes if node.ending is not None and node.n_visits]

    @property
    def n_tokens(self) -> int:
        """Tokens that the policy generated for the tree."""
        return self.n_merged_tokens + sum(node.n_tokens for node in self.nodes)

    def merge(self, twin: SearchNode, n_tokens: int) -> None:
        """Let a node stand for one more candidate."""
        twin.n_merged += 1
        self.n_merged_tokens += n_tokens

    def add(self, parent: SearchNode, text: str, n_tokens: int) -> SearchNode:
        """Return a new youngest child of `parent`."""
        node = SearchNode(len(self.nodes), parent, text, n_tokens)
        self.nodes.append(node)
        parent.children.append(node)
        return node


def uct_score(node: SearchNode, n_parent: int, exploration_weight: float) -> float:
    """Return q + c * sqrt(ln N_parent / N); infinite for a node of which nothing is known, so that it is tried first."""
    n_visits = node.n_visits + node.prior_visits
    if n_visits == 0:
        return math.inf
    prior = node.ppm_score if node.prior_visits and node.ppm_score is not None else 0.0
    q_value = (node.value_sum + prior) / n_visits
    return q_value + exploration_weight * math.sqrt(math.log(n_parent) / n_visits)


def best_child(node: SearchNode, exploration_weight: float) -> SearchNode:
    """Return the child of the highest UCT score, exhausted ones apart. Ties go to the oldest, so that a run is reproducible."""
    # At least 1: a parent that is being visited for the first time has no visits yet, but its children may have a prior.
    n_parent = max(1, node.n_visits + node.prior_visits)
    children = [child for child in node.children if not child.is_exhausted]
    return max(children, key=lambda child: (uct_score(child, n_parent, exploration_weight), -child.node_id))


def propagate_reward(terminal: SearchNode) -> None:
    """Count a visit, and the terminal node's reward, at every node from it to the root."""
    for node in terminal.path():
        node.n_visits += 1
        node.value_sum += terminal.reward
        node.n_correct += terminal.reward == 1.0
        node.n_wrong += terminal.reward == -1.0


def exhaust(terminal: SearchNode) -> None:
    """Have no rollout come to a terminal node again, nor to ancestors of which every child is exhausted."""
    node: SearchNode | None = terminal
    while node is not None and all(child.is_exhausted for child in node.children):
        node.is_exhausted = True
        node = node.parent


def rows(tree: SearchTree) -> Iterator[Node]:
    """Yield the tree as rows of `nodes`, in order of creation."""
    for node in tree.nodes:
        yield Node(
            tree_id=tree.tree_id,
            problem_id=tree.problem_id,
            node_id=node.node_id,
            parent_id=None if node.parent is None else node.parent.node_id,
            depth=node.depth,
            text=node.text,
            n_tokens=node.n_tokens,
            n_merged=node.n_merged,
            outcome=node.outcome,
            stdout=node.stdout,
            error=node.error,
            ending=node.ending,
            answer=node.answer,
            verdict=node.verdict,
            grading_method=node.grading_method,
            n_visits=node.n_visits,
            n_correct=node.n_correct,
            n_wrong=node.n_wrong,
            ppm_score=node.ppm_score,
            q_value=node.q_value,
            repairs=node.repairs,
        )
