"""The answer to a problem whose reference answer nobody knows: the preferred trajectory."""

from dataclasses import dataclass

from tasks.evaluation.methods import TestTime, grow, ranked_paths
from tasks.search.aggregation import trajectory_score
from tasks.search.ask import Search
from tasks.search.format import END_OF_OUTPUT, OUTPUT
from tasks.search.sampling import Attempt, attempt_problem, scored_attempts, steps_of
from tasks.search.tree import SearchNode, SearchTree
from warehouse.measured import AnswerMethod


@dataclass(frozen=True, slots=True)
class Solution:
    """The preferred trajectory: each step's text with its PPM score, what the program printed, and the answer.

    steps is empty where nothing that was tried ends in an answer. counts: what was tried, in words.
    """

    steps: tuple[tuple[str, float | None], ...]
    printed: str
    answer: str | None
    counts: str
    n_tokens: int


def solve(key: str, statement: str, method: AnswerMethod, how: TestTime) -> Search[Solution]:
    """Return the trajectory that the PPM prefers, in a tree with the policy's share weighed in; of `greedy` the only one."""
    if method in ("greedy", "sample"):
        attempts = yield from attempt_problem(key, statement, None, how.plan(method))
        if method == "sample" and how.scored:
            attempts = yield from scored_attempts(statement, attempts, how.wording)
        return _of_attempts(attempts, how)
    tree = yield from grow(key, key, statement, method, how)
    paths = ranked_paths(tree, how)
    return _of_path(tree, paths[0] if paths else [], len({path[-1].answer for path in paths}))


def _of_attempts(attempts: list[Attempt], how: TestTime) -> Solution:
    answered = [attempt for attempt in attempts if attempt.answer is not None]
    n_tokens = sum(attempt.n_tokens for attempt in attempts)
    n_answers = len({attempt.answer for attempt in answered})
    counts = f"{len(attempts)} solutions, {n_answers} different answers"
    if not answered:
        return Solution((), "", None, counts, n_tokens)

    def score(attempt: Attempt) -> float:
        found = trajectory_score(attempt.step_scores, how.evaluation.aggregation)
        return -1.0 if found is None else found

    best = max(answered, key=score)
    texts = steps_of(best.text)
    # A prefix that is too long for the PPM has no score, and then it is not said which one that was.
    whole = len(best.step_scores) == len(texts)
    scores: list[float | None] = [*best.step_scores] if whole else [None] * len(texts)
    shown = best.text.rpartition(OUTPUT)[2].partition(END_OF_OUTPUT)[0]
    return Solution(tuple(zip(texts, scores, strict=True)), shown, best.answer, counts, n_tokens)


def _of_path(tree: SearchTree, path: list[SearchNode], n_answers: int) -> Solution:
    counts = f"{tree.n_rollouts} rollouts, {len(tree.nodes) - 1} nodes, {n_answers} different answers"
    if not path:
        return Solution((), "", None, counts, tree.n_tokens)
    printed = "".join(node.stdout for node in path if node.outcome == "ok").rstrip("\n")
    steps = tuple((node.text, node.ppm_score) for node in path)
    return Solution(steps, printed, path[-1].answer, counts, tree.n_tokens)
