"""The ways to answer a problem at test time, each as a search that ends in its answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Final

from tasks.evaluation.settings import EvaluationSettings
from tasks.search.ask import Ask, Comparison, Search
from tasks.search.beam import grow_beam
from tasks.search.expansion import Guidance
from tasks.search.format import RSTAR_MATH, Wording
from tasks.search.mcts import grow_tree
from tasks.search.sampling import Attempt, Plan, attempt_problem, scored_attempts
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchNode, SearchTree
from warehouse.measured import AnswerMethod
from warehouse.records import Problem, Split

METHODS_OF_SPLIT: Final[dict[Split, tuple[AnswerMethod, ...]]] = {
    "train": ("greedy", "sample"),
    "validation": ("greedy",),
    "test": ("greedy", "sample"),
}
"""How a round answers the problems of a split. A promotion reads greedy answers alone, so no others are paid for."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a method answered to a problem, and the tokens it took in all, those of discarded steps included.

    sample: in the order of their seeds. beam and mcts: the trajectories of the tree that end in an answer, best first.
    shares: how often the policy would write each; of samples, which are drawn that way, 1.
    """

    attempts: tuple[Attempt, ...]
    n_tokens: int
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TestTime:
    """How problems are answered: with which settings, in which wording, and whether there is a PPM to score with."""

    evaluation: EvaluationSettings
    search: SearchSettings
    scored: bool
    wording: Wording = RSTAR_MATH

    @property
    def tree(self) -> SearchSettings:
        """How a search tree is grown at test time: as for training, but for what [evaluation] says."""
        return self.search.model_copy(
            update={
                "n_rollouts": self.evaluation.n_search_rollouts,
                "n_extra_rollouts": 0,
                "n_easy_rollouts": 0,
                "n_candidates": self.evaluation.n_search_candidates,
                "temperature": self.evaluation.search_temperature,
                "exploration_weight": self.evaluation.search_exploration_weight,
                "q_source": "ppm",
            }
        )

    @property
    def guidance(self) -> Guidance:
        """No reference: it is not known at test time, so the PPM's score is the reward."""
        return Guidance(None, scored=True, aggregation=self.evaluation.aggregation, wording=self.wording)

    def plan(self, method: AnswerMethod) -> Plan:
        """How whole solutions are written by `greedy` and `sample`."""
        limits = (self.evaluation.max_program_tokens, self.search.max_answer_tokens)
        if method == "greedy":
            return Plan(1, 0.0, *limits, self.wording)
        return Plan(max(self.evaluation.ks), self.evaluation.temperature, *limits, self.wording)


def answer(key: str, problem: Problem, method: AnswerMethod, how: TestTime) -> Search[Answers]:
    """Return a method's answers to a problem, graded once they are there. `key` decides their seeds."""
    if method in ("greedy", "sample"):
        attempts = yield from attempt_problem(key, problem.statement, problem.answer, how.plan(method))
        if method == "sample" and how.scored:
            attempts = yield from scored_attempts(problem.statement, attempts, how.wording)
        n_tokens = sum(attempt.n_tokens for attempt in attempts)
        return Answers(tuple(attempts), n_tokens, (1.0,) * len(attempts))
    tree = yield from grow(key, problem.problem_id, problem.statement, method, how)
    paths = ranked_paths(tree, how)
    replies = yield Ask(grade=tuple(Comparison(path[-1].answer or "", problem.answer) for path in paths))
    graded = [
        Attempt(
            text="".join(step.text for step in path),
            n_tokens=sum(step.n_tokens for step in path),
            answer=path[-1].answer,
            grade=grade,
            step_scores=tuple(step.ppm_score for step in path if step.ppm_score is not None),
        )
        for path, grade in zip(paths, replies.grades, strict=True)
    ]
    return Answers(tuple(graded), tree.n_tokens, tuple(map(policy_share, paths)))


def scored(problem: Problem, answers: Answers, how: TestTime) -> Search[Answers]:
    """Return samples that were answered without a PPM, with its scores."""
    attempts = yield from scored_attempts(problem.statement, answers.attempts, how.wording)
    return replace(answers, attempts=tuple(attempts))


def grow(key: str, problem_id: str, statement: str, method: AnswerMethod, how: TestTime) -> Search[SearchTree]:
    """Return the tree of a step beam search (`beam`) or of Monte Carlo Tree Search (`mcts`), guided by the PPM alone."""
    if method == "beam":
        return (yield from grow_beam(key, problem_id, statement, how.tree, how.guidance, how.evaluation.n_beams))
    return (yield from grow_tree(key, problem_id, statement, how.tree, how.guidance))


def ranked_paths(tree: SearchTree, how: TestTime) -> list[list[SearchNode]]:
    """Return the steps of each trajectory that ends in an answer, the preferred one first; ties by age.

    A search finds what the PPM likes by mistake as well. The policy would seldom write that, so that its share is weighed in.
    """
    guidance, weight = how.guidance, how.evaluation.policy_weight
    scored = [
        (guidance.score_of(leaf) + weight * log(policy_share(path)), path)
        for leaf in tree.nodes
        if leaf.ending == "answer" and (path := leaf.path()[1:])
    ]
    return [path for _, path in sorted(scored, key=lambda one: (-one[0], one[1][-1].node_id))]


def policy_share(path: Sequence[SearchNode]) -> float:
    """Return how often the policy writes these steps: the product of the shares that they have of their siblings' candidates.

    A tree holds equal candidates once, so that without this a vote would forget what the policy itself says most often.
    """
    share = 1.0
    for node in path:
        if node.parent is not None:
            share *= node.n_merged / sum(sibling.n_merged for sibling in node.parent.children)
    return share
