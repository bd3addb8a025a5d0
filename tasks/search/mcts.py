"""Monte Carlo Tree Search for one problem, as a generator that knows no engine. Source: arXiv 2501.04519, section 3.2."""

from tasks.search.ask import Ask, Search, Stopped
from tasks.search.budget import wants_rollout
from tasks.search.expansion import Guidance, end_unfinished, expand
from tasks.search.format import Wording
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchNode, SearchTree, best_child, exhaust, propagate_reward


def grow_tree(
    tree_id: str, problem_id: str, statement: str, settings: SearchSettings, guidance: Guidance
) -> Search[SearchTree]:
    """Return the tree after settings.n_rollouts rollouts, and n_extra_rollouts more while it is unsolved; fewer where all of it
    was seen.

    A tree that is stopped comes back with the rollouts that were whole by then.
    """
    tree = plant(tree_id, problem_id, statement, guidance.wording)
    try:
        while wants_rollout(tree, settings, guidance):
            terminal = yield from _roll_out(tree, settings, guidance)
            propagate_reward(terminal)
            tree.n_rollouts += 1
            if settings.skip_exhausted:
                exhaust(terminal)
            yield Ask(done=min(1.0, tree.n_rollouts / settings.n_rollouts))
    except Stopped as stop:
        end_unfinished(tree, stop.ending, guidance)
    return tree


def plant(tree_id: str, problem_id: str, statement: str, wording: Wording) -> SearchTree:
    """Return a tree that is only a root; it is terminal where the statement cannot be encoded."""
    readable = statement.encode("utf-8", errors="backslashreplace").decode()
    tree = SearchTree.planted(tree_id, problem_id, wording.prompt(readable))
    if readable != statement:
        # Half a surrogate pair: no tokenizer takes it, and no table.
        tree.root.ending = "not_encodable"
        tree.root.reward = 0.0
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
