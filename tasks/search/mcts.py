"""Monte Carlo Tree Search for one problem, as a generator that knows no engine. Source: arXiv 2501.04519, section 3.2."""

from tasks.search.ask import Search
from tasks.search.expansion import Guidance, expand
from tasks.search.format import prompt
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchNode, SearchTree, best_child, propagate_reward


def grow_tree(
    tree_id: str, problem_id: str, statement: str, settings: SearchSettings, guidance: Guidance
) -> Search[SearchTree]:
    """Return the tree after settings.n_rollouts rollouts, and n_extra_rollouts more while it is unsolved.

    Without a reference no rollout can be known to be correct, so there are no extra ones.
    """
    tree = SearchTree.planted(tree_id, problem_id, prompt(statement))
    n_extra = 0 if guidance.reference is None else settings.n_extra_rollouts
    solved = False
    while tree.n_rollouts < settings.n_rollouts or (not solved and tree.n_rollouts < settings.n_rollouts + n_extra):
        terminal = yield from _roll_out(tree, settings, guidance)
        propagate_reward(terminal)
        tree.n_rollouts += 1
        solved = solved or terminal.verdict == "correct"
    return tree


def _roll_out(tree: SearchTree, settings: SearchSettings, guidance: Guidance) -> Search[SearchNode]:
    """Descend by UCT score from the root to a terminal node, expanding what was never expanded; return that node."""
    node = tree.root
    while node.ending is None:
        if not node.children:
            yield from expand(tree, node, settings, guidance)
            if node.ending is not None:
                break
        node = best_child(node, settings.exploration_weight)
    return node
