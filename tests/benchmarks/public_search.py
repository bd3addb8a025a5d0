"""The public solver's search over the expansion of this repository: the same steps, sandbox and grading, its rules of the tree.

An answer is propagated once, when it is made, and no rollout comes to it again; a step that failed counts for itself alone; a
child that was never visited has a score of 0; a rollout ends below a node of which every child has ended. Source:
microsoft/rStar, branch rStar-math, rstar_deepthink/agents/mcts.py and nodes/mcts_node.py.
"""

import math

from tasks.search.ask import Search
from tasks.search.expansion import Guidance, expand
from tasks.search.mcts import plant
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchNode, SearchTree, propagate_reward


def grow_publicly(key: str, statement: str, settings: SearchSettings, guidance: Guidance) -> Search[SearchTree]:
    """Return the tree after settings.n_rollouts rollouts."""
    tree = plant(key, key, statement, guidance.wording)
    ended: set[SearchNode] = set()
    for _ in range(settings.n_rollouts):
        if tree.root in ended:
            break
        yield from _roll_out(tree, ended, settings, guidance)
        tree.n_rollouts += 1
    return tree


def _roll_out(tree: SearchTree, ended: set[SearchNode], settings: SearchSettings, guidance: Guidance) -> Search[None]:
    node = tree.root
    while True:
        if not node.children:
            yield from expand(tree, node, settings, guidance)
            for child in node.children:
                if child.ending is not None:
                    _count(child)
                    ended.add(child)
        open_children = [child for child in node.children if child not in ended]
        if not open_children:
            ended.add(node)
            return
        node = max(open_children, key=lambda child: (_score(child, settings.exploration_weight), -child.node_id))


def _count(ended: SearchNode) -> None:
    if ended.verdict is not None:
        propagate_reward(ended)
    else:
        ended.n_visits += 1
        ended.value_sum += ended.reward


def _score(node: SearchNode, exploration_weight: float) -> float:
    n_parent = node.parent.n_visits if node.parent is not None else 0
    if not node.n_visits or not n_parent:
        return node.value_sum / node.n_visits if node.n_visits else 0.0
    return node.value_sum / node.n_visits + exploration_weight * math.sqrt(math.log(n_parent) / node.n_visits)
