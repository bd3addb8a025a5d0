"""A policy that goes on with something else than its answer is asked once more, and nothing else changes."""

import random

import pytest

from models.engines.base import Candidate, GenerationRequest
from tasks.search.answering import OPENING, REPAIR
from tasks.search.format import END_OF_ANSWER
from tasks.search.sampling import Plan, attempt_problem
from tasks.search.settings import SearchSettings
from tests.search.fakes import FakeEngine, toy_problem
from tests.search.test_mcts import drive, grow

PROBLEMS = [toy_problem(list(range(1, n + 3))) for n in range(4)]


class Talkative(FakeEngine):
    """Says something else where it should answer, always or after some prompts, unless the answer is begun."""

    def __init__(self, rng: random.Random, one_in: int = 1) -> None:
        super().__init__(rng)
        self.one_in = one_in

    def _candidate(self, request: GenerationRequest, seed: int) -> Candidate:
        if request.stop != (END_OF_ANSWER,):
            return super()._candidate(request, seed)
        found = super()._candidate(request, seed)
        if request.prompt.endswith(OPENING):
            return Candidate(found.text.removeprefix(OPENING), 3, "stop")
        return found if len(request.prompt) % self.one_in else Candidate("Let us verify this.", 5, "length")


@pytest.mark.parametrize("one_in", [1, 2, 3])
def test_every_program_gets_its_answer(one_in: int) -> None:
    plain = grow(SearchSettings(n_rollouts=4), problems=PROBLEMS)
    helped = grow(SearchSettings(n_rollouts=4), problems=PROBLEMS, engine=Talkative(random.Random(0), one_in))
    for one, other in zip(plain, helped, strict=True):
        assert [node.text for node in one.nodes] == [node.text for node in other.nodes]
        assert [node.verdict for node in one.nodes] == [node.verdict for node in other.nodes]
    repaired = [node.repairs == (REPAIR,) for tree in helped for node in tree.nodes if node.answer is not None]
    assert all(repaired) if one_in == 1 else any(repaired)
    assert not any(node.repairs for tree in plain for node in tree.nodes)


def test_whole_solutions_too_and_both_tries_are_paid_for() -> None:
    statement, answer = PROBLEMS[0]
    plan = Plan(2, 1.0, 100, 20)
    (plain,) = drive([("a", attempt_problem("a", statement, answer, plan))], FakeEngine(random.Random(0)))
    (helped,) = drive([("a", attempt_problem("a", statement, answer, plan))], Talkative(random.Random(0)))
    assert [attempt.text for attempt in plain] == [attempt.text for attempt in helped]
    assert [attempt.n_tokens + 4 for attempt in plain] == [attempt.n_tokens for attempt in helped]
