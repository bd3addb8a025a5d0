"""What every engine must do, asked of an engine through its protocol alone."""

import random
from collections.abc import Iterable, Sequence

from models.engines.base import Answer, Engine, Generation, GenerationRequest, Request, Scoring, ScoringRequest
from tasks.search import format as step_format

STOPS = (*step_format.STEP_STOPS, "a", "k")
"""The markers, and two letters, so that a random policy meets a stop about every 35 tokens."""


def answers_of(engine: Engine, requests: Iterable[Request]) -> dict[int, Answer]:
    """Return the answer to each request by its id, all submitted at once."""
    for request in requests:
        engine.submit(request)
    answers: dict[int, Answer] = {}
    while engine.n_pending:
        for answer in engine.poll(0.1):
            assert answer.request_id not in answers
            answers[answer.request_id] = answer
    return answers


def words(rng: random.Random, n_words: int) -> str:
    """Return text that the random model's tokenizer spells with 2 * n_words tokens."""
    return "".join(f"{rng.choice('bcdefghij')}{rng.randrange(50)}" for _ in range(n_words))


def generations(n_requests: int, temperature: float, seed: int = 0) -> list[GenerationRequest]:
    """Return requests of several lengths, of which some share a prompt."""
    rng = random.Random(seed)
    prompts = [words(rng, rng.randrange(5, 60)) for _ in range(n_requests // 2 + 1)]
    return [
        GenerationRequest(
            request_id=number,
            prompt=prompts[number // 2],
            seeds=tuple(rng.getrandbits(63) for _ in range(3)),
            temperature=temperature,
            stop=STOPS,
            max_tokens=rng.randrange(5, 40),
        )
        for number in range(n_requests)
    ]


def scorings(n_requests: int, seed: int = 0) -> list[ScoringRequest]:
    """Return requests for scores of prefixes that grow from common roots, as those of a tree do."""
    rng = random.Random(seed)
    roots = [words(rng, 30) for _ in range(3)]
    return [
        ScoringRequest(1000 + number, tuple(rng.choice(roots) + words(rng, rng.randrange(1, 20)) for _ in range(3)))
        for number in range(n_requests)
    ]


def assert_candidates_follow_the_request(requests: Sequence[GenerationRequest], answers: dict[int, Answer]) -> None:
    """Hold each answer against its request: number, length, and where its candidates end."""
    for request in requests:
        answer = answers[request.request_id]
        assert isinstance(answer, Generation)
        assert len(answer.candidates) == len(request.seeds)
        for candidate in answer.candidates:
            assert 1 <= candidate.n_tokens <= request.max_tokens
            assert (candidate.finish == "stop") == candidate.text.endswith(request.stop)
            assert not any(stop in candidate.text[: -len(stop)] for stop in request.stop if candidate.text.endswith(stop))


def scores_of(answers: dict[int, Answer]) -> list[float]:
    """Return all scores in the order of request ids."""
    ordered = [answers[request_id] for request_id in sorted(answers)]
    return [score for answer in ordered if isinstance(answer, Scoring) for score in answer.scores]


MIXED: tuple[Request, ...] = (*generations(12, temperature=1.0), *scorings(6))
"""Candidates and scores, some of them of the same prefixes."""
