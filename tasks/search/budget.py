"""How many rollouts a tree gets."""

from tasks.search.expansion import Guidance
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchTree


def wants_rollout(tree: SearchTree, settings: SearchSettings, guidance: Guidance) -> bool:
    """Return whether another rollout is to begin: none in an exhausted tree, n_extra_rollouts in trees without a right answer,
    n_easy_rollouts in trees where all of them ended right.

    A right answer that no rollout reached counts, as it does for the training data. Without a reference no answer can be known
    to be right, so there are no extra rollouts.
    """
    if tree.root.is_exhausted:
        return False
    if settings.n_easy_rollouts and tree.n_rollouts >= settings.n_easy_rollouts and tree.root.n_correct == tree.n_rollouts:
        return False
    if tree.n_rollouts < settings.n_rollouts:
        return True
    n_most = settings.n_rollouts + settings.n_extra_rollouts
    return tree.n_rollouts < n_most and guidance.reference is not None and not tree.solved
