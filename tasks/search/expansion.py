"""Expansion: propose candidates for a node, run them, read and grade the answers, score what lives."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from models.engines.base import Candidate
from tasks.sandbox.base import Execution
from tasks.search.aggregation import Aggregation, trajectory_score
from tasks.search.answering import answer_proposal, opened
from tasks.search.ask import Ask, Comparison, Proposal, Replies, Search
from tasks.search.format import RSTAR_MATH, STEP_STOPS, Wording, code_of, is_final, observed
from tasks.search.same_step import bound_names, what_it_does
from tasks.search.seeds import hashed_seed
from tasks.search.settings import SearchSettings
from tasks.search.tree import REWARDS, SearchNode, SearchTree
from warehouse.records import StoppedEnding


@dataclass(frozen=True, slots=True)
class Guidance:
    """Where a search gets its problem's wording and its rewards from.

    reference: the answer to grade against; None at test time, when the PPM's score of a whole trajectory is its reward.
    scored: whether the PPM scores new nodes, which then start with that score as q_value.
    aggregation: how the scores of its steps become the score of a trajectory at test time.
    wording: how the problem is put to the policy, and how its answer is read.
    """

    reference: str | None
    scored: bool
    aggregation: Aggregation = "mean"
    wording: Wording = RSTAR_MATH

    def score_of(self, node: SearchNode) -> float:
        """Return the PPM's score of the path from the root to a node; -1 where no step of it was scored."""
        steps = [step.ppm_score for step in node.path() if step.ppm_score is not None]
        score = trajectory_score(steps, self.aggregation)
        return -1.0 if score is None else score


def expand(tree: SearchTree, node: SearchNode, settings: SearchSettings, guidance: Guidance) -> Search[None]:
    """Give `node` its children; without any, because its prefix leaves no room, the node itself becomes terminal.

    An expansion that is stopped half-way leaves the node in tree.expanding, for end_unfinished.
    """
    tree.expanding[node] = None
    seeds = tuple(hashed_seed(tree.tree_id, node.node_id, index) for index in range(settings.n_candidates))
    proposal = Proposal(node.prefix(), seeds, settings.temperature, STEP_STOPS, settings.max_step_tokens)
    replies = yield Ask(propose=(proposal,))
    if not replies.candidates[0]:
        node.ending = "prompt_too_long"
        del tree.expanding[node]
        return
    state = node.code_path()
    whole = _place(tree, node, replies.candidates[0], _sameness(settings, state))
    replies = yield Ask(execute=tuple((*state, code_of(child.text)) for child in whole))
    for child, execution in zip(whole, replies.executions, strict=True):
        _observe(child, execution, settings)
    yield from _conclude([child for child in whole if child.outcome == "ok"], settings, guidance)
    del tree.expanding[node]


def end_unfinished(tree: SearchTree, ending: StoppedEnding, guidance: Guidance) -> None:
    """Mark what a stopped tree was busy with: a node without children, or the children that lack something.

    Nothing is propagated to them: that the time was over says nothing about the steps.
    """
    for node in tree.expanding:
        if not node.children:
            node.ending = ending
        for child in node.children:
            ungraded = child.ending == "answer" and child.verdict is None and guidance.reference is not None
            if child.ending is None or ungraded:
                child.ending = ending
    tree.expanding.clear()


def _sameness(settings: SearchSettings, state: Sequence[str]) -> Callable[[str], str]:
    """Return what candidates of one node have in common. state: the code of the path to it."""
    return str if settings.same_step == "text" else partial(what_it_does, bound=bound_names(state))


def _place(
    tree: SearchTree, parent: SearchNode, candidates: Sequence[Candidate], same: Callable[[str], str]
) -> list[SearchNode]:
    """Add a child per distinct candidate, and return those that are whole steps and can be run."""
    placed: dict[str, SearchNode] = {}
    for candidate in candidates:
        # A step that was cut off has no code to speak of.
        what = candidate.text if candidate.finish == "length" else same(candidate.text)
        twin = placed.get(what)
        if twin is not None:
            tree.merge(twin, candidate.n_tokens)
            continue
        child = tree.add(parent, candidate.text, candidate.n_tokens)
        child.repairs = candidate.repairs
        placed[what] = child
        if candidate.finish == "length":
            child.ending = "truncated"
    return [child for child in placed.values() if child.ending is None]


def _observe(child: SearchNode, execution: Execution, settings: SearchSettings) -> None:
    """Record what became of a child's code."""
    child.outcome = execution.outcome
    child.stdout = execution.stdout
    if execution.outcome == "ok":
        return
    error = execution.error
    child.error = f"{error.type}: {error.message}" if error else execution.limit or execution.outcome
    if child.n_errors_in_a_row() >= settings.max_consecutive_errors:
        child.ending = "too_many_errors"
    elif child.depth >= settings.max_depth:
        child.ending = "max_depth"
    else:
        # The policy sees what went wrong and may mend it; the failed step's code is not part of the state it continues.
        child.text += observed(child.error)


def _conclude(children: Sequence[SearchNode], settings: SearchSettings, guidance: Guidance) -> Search[None]:
    """Read the answers of final steps, end what is too deep, and score what the PPM should score."""
    finals = [child for child in children if is_final(child.text)]
    others = [child for child in children if not is_final(child.text)]
    for child in finals:
        printed = "".join(step.stdout for step in child.path() if step.outcome == "ok")
        child.text += observed(printed.rstrip("\n"))
    for child in others:
        if child.depth >= settings.max_depth:
            child.ending = "max_depth"
    open_nodes = [child for child in others if child.ending is None] if guidance.scored else []
    replies = yield Ask(
        propose=tuple(answer_proposal(child.prefix(), settings.max_answer_tokens) for child in finals),
        score=tuple(child.prefix() for child in open_nodes),
    )
    _set_priors(open_nodes, replies)
    answers = yield from opened([child.prefix() for child in finals], replies.candidates, settings.max_answer_tokens)
    for child, candidates in zip(finals, answers, strict=True):
        _read_answer(child, candidates, guidance.wording)
    yield from _reward([child for child in finals if child.ending == "answer"], guidance)


def _read_answer(child: SearchNode, candidates: Sequence[Candidate], wording: Wording) -> None:
    if not candidates:
        child.ending = "prompt_too_long"
        return
    child.text += candidates[0].text
    child.n_tokens += candidates[0].n_tokens
    child.repairs += candidates[0].repairs
    child.answer = wording.read_answer("\n".join(child.code_path()), candidates[0].text)
    child.ending = "no_answer" if child.answer is None else "answer"


def _set_priors(nodes: Sequence[SearchNode], replies: Replies) -> None:
    for node, score in zip(nodes, replies.scores, strict=True):
        if score is None:
            node.ending = "prompt_too_long"
        elif math.isnan(score):
            _leave_unscored(node)
        else:
            node.ppm_score = score
            node.prior_visits = 1


def _leave_unscored(node: SearchNode) -> None:
    """End a node for which the PPM gave no number; a rollout that ends here weighs nothing."""
    node.ending = "unscored"
    node.reward = 0.0


def _reward(answered: Sequence[SearchNode], guidance: Guidance) -> Search[None]:
    """Set the reward of answered nodes: by grading where there is a reference, by the PPM's score otherwise."""
    if guidance.reference is None:
        replies = yield Ask(score=tuple(node.prefix() for node in answered))
        for node, score in zip(answered, replies.scores, strict=True):
            if score is not None and math.isnan(score):
                _leave_unscored(node)
                continue
            node.ppm_score = score
            node.reward = -1.0 if score is None else guidance.score_of(node)
        return
    comparisons = tuple(Comparison(node.answer or "", guidance.reference) for node in answered)
    replies = yield Ask(grade=comparisons)
    for node, grade in zip(answered, replies.grades, strict=True):
        node.verdict = grade.verdict
        node.grading_method = grade.how
        node.reward = REWARDS[grade.verdict]
