"""Which trajectory of a tree to believe when there is no reference answer: the one that the PPM prefers."""

from tasks.evaluation.metrics import trajectory_score
from tasks.search.tree import SearchNode, SearchTree


def best_trajectory(tree: SearchTree) -> list[SearchNode]:
    """Return the steps from the first to the answer of the trajectory with the highest mean PPM score.

    Empty where no trajectory of the tree ends in an answer. Ties go to the oldest.
    """
    paths = [node.path()[1:] for node in tree.nodes if node.ending == "answer"]
    return max(paths, key=_score, default=[])


def _score(path: list[SearchNode]) -> float:
    score = trajectory_score([node.ppm_score for node in path if node.ppm_score is not None])
    return -1.0 if score is None else score
