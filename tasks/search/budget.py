"""How many rollouts a tree gets."""

from tasks.search.expansion import Guidance
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchTree


def wants_rollout(tree: SearchTree, settings: SearchSettings, guidance: Guidance) -> bool:
    """Return whether another rollout is to begin: n_extra_rollouts are for unsolved trees.

    Without a reference no rollout can be known to be correct, so there are no extra ones.
    """
    n_extra = settings.n_extra_rollouts if guidance.reference is not None and not tree.root.n_correct else 0
    return tree.n_rollouts < settings.n_rollouts + n_extra
