from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from models.checkpoints.store import CheckpointBroken
from models.engines.base import Engine, GenerationRequest, Rejection, ScoringRequest
from models.engines.open import open_engine
from models.engines.settings import EngineSettings
from tests.models.engine_contract import (
    answers_of,
    assert_candidates_follow_the_request,
    generations,
    scores_of,
    scorings,
)
from tests.models.random_model import write_policy, write_ppm
from warehouse.errors import EngineUnavailable

SETTINGS = EngineSettings(kind="transformers", n_processes=0, max_model_len=256)


@pytest.fixture(scope="module")
def engine(random_policy: Path, random_ppm: Path) -> Iterator[Engine]:
    with closing(open_engine(SETTINGS, random_policy, random_ppm)) as engine:
        yield engine


def test_candidates_follow_their_request(engine: Engine) -> None:
    requests = generations(6, temperature=1.0)
    assert_candidates_follow_the_request(requests, answers_of(engine, requests))


def test_an_answer_does_not_depend_on_what_else_was_asked(engine: Engine) -> None:
    requests = generations(4, temperature=1.0)
    together = answers_of(engine, requests)
    for request in reversed(requests):
        assert answers_of(engine, [request]) == {request.request_id: together[request.request_id]}


def test_scores_are_inside_the_open_interval_and_repeatable(engine: Engine) -> None:
    first = scores_of(answers_of(engine, scorings(4)))
    assert all(-1 < score < 1 for score in first)
    assert len(set(first)) > 1
    assert scores_of(answers_of(engine, scorings(4))) == first


def test_a_bad_request_is_rejected_and_the_others_are_answered(engine: Engine) -> None:
    good = generations(1, temperature=1.0)[0]
    too_long = GenerationRequest(100, "b1" * 300, (1,), 1.0, (), 5)
    empty = GenerationRequest(101, "", (1,), 1.0, (), 5)
    long_prefix = ScoringRequest(102, ("b1", "b1" * 300))
    answers = answers_of(engine, [too_long, empty, good, long_prefix])
    assert all(isinstance(answers[request_id], Rejection) for request_id in (100, 101, 102))
    assert_candidates_follow_the_request([good], answers)


def test_max_tokens_is_clipped_to_the_room_that_the_context_leaves(engine: Engine) -> None:
    request = GenerationRequest(0, "b1" * 126, (1, 2, 3), 1.0, (), 100)
    answer = answers_of(engine, [request])[0]
    assert max(candidate.n_tokens for candidate in answer.candidates) == 256 - 252
    assert {candidate.finish for candidate in answer.candidates} == {"length"}


def test_without_a_ppm_scoring_is_rejected_and_loading_one_serves_it(random_policy: Path, random_ppm: Path) -> None:
    with closing(open_engine(SETTINGS, random_policy, None)) as engine:
        assert isinstance(answers_of(engine, [ScoringRequest(0, ("b",))])[0], Rejection)
        engine.load(random_policy, random_ppm)
        assert len(scores_of(answers_of(engine, scorings(1)))) == 3


def test_loading_other_weights_changes_the_answers_and_loading_back_restores_them(
    engine: Engine, random_policy: Path, random_ppm: Path, tmp_path: Path
) -> None:
    requests = [*generations(1, temperature=0.0), *scorings(1)]
    before = answers_of(engine, requests)
    engine.load(write_policy(tmp_path / "policy", seed=5), write_ppm(tmp_path / "ppm", seed=5))
    other = answers_of(engine, requests)
    assert all(other[key] != before[key] for key in before)
    engine.load(random_policy, random_ppm)
    assert answers_of(engine, requests) == before


def test_no_weights_are_loaded_while_a_request_is_pending(engine: Engine, random_policy: Path) -> None:
    request = generations(1, temperature=0.0)[0]
    engine.submit(request)
    with pytest.raises(EngineUnavailable, match="1 requests are pending"):
        engine.load(random_policy, None)
    assert answers_of(engine, []).keys() == {request.request_id}


def test_a_directory_without_weights_is_refused(tmp_path: Path, random_policy: Path) -> None:
    with pytest.raises(CheckpointBroken, match="no checkpoint directory"):
        open_engine(SETTINGS, tmp_path / "nowhere", None)
    with pytest.raises(CheckpointBroken, match="holds no weights"):
        open_engine(SETTINGS, random_policy, tmp_path)


def test_torn_weights_are_an_unavailable_engine(random_policy: Path, tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((random_policy / name).read_bytes())
    (tmp_path / "model.safetensors").write_bytes((random_policy / "model.safetensors").read_bytes()[:1000])
    with pytest.raises(EngineUnavailable, match=r"loading .* failed: SafetensorError"):
        open_engine(SETTINGS, tmp_path, None)
