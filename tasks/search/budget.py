"""How many rollouts a tree gets."""

from tasks.search.expansion import Guidance
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchTree


def wants_rollout(tree: SearchTree, settings: SearchSettings, guidance: Guidance) -> bool:
    """Return whether another rollout is to begin: none in an exhausted tree, n_extra_rollouts in trees without a right answer.

    A right answer that no rollout reached counts, as it does for the training data. Without a reference no answer can be known
    to be right, so there are no extra rollouts.
    """
    if tree.root.is_exhausted:
        return False
    if tree.n_rollouts < settings.n_rollouts:
        return True
    n_most = settings.n_rollouts + settings.n_extra_rollouts
    return tree.n_rollouts < n_most and guidance.reference is not None and not tree.solved
