"""vLLM in process. One engine serves all tests but those that need a broken or another one."""

import json
import math
from contextlib import closing
from pathlib import Path

import pytest

from models.engines.base import Answer, Engine, GenerationRequest, Rejection, ScoringRequest
from models.engines.open import open_engine
from models.engines.settings import EngineSettings
from models.engines.vllm.engine import VllmEngine
from tests.models.conftest import VLLM
from tests.models.engine_contract import (
    MIXED,
    STOPS,
    answers_of,
    assert_candidates_follow_the_request,
    generations,
    scores_of,
    scorings,
)
from tests.models.random_model import write_policy, write_ppm
from warehouse.errors import EngineUnavailable

pytestmark = pytest.mark.integration


@pytest.fixture
def engine(vllm: VllmEngine) -> Engine:
    """The engine that the whole run shares."""
    return vllm


def test_candidates_follow_their_request(engine: Engine) -> None:
    requests = generations(10, temperature=1.0)
    assert_candidates_follow_the_request(requests, answers_of(engine, requests))


def ids_of_next_answers(engine: Engine) -> list[int]:
    while not (answers := engine.poll(0.1)):
        pass
    return [answer.request_id for answer in answers]


def test_scores_do_not_wait_for_the_candidates_of_others(engine: Engine) -> None:
    engine.submit(GenerationRequest(1, "b1", (1, 2, 3), 1.0, (), 200))
    engine.submit(ScoringRequest(2, ("b1c2",)))
    assert ids_of_next_answers(engine) == [2]
    engine.submit(ScoringRequest(3, ("b1c2", "b1d3")))
    assert ids_of_next_answers(engine) == [3]
    assert ids_of_next_answers(engine) == [1]


def test_whoever_has_the_lowest_priority_does_not_wait_for_the_others(engine: Engine) -> None:
    # Three times as many sequences of equal length as are served at once, and the most urgent is asked for last.
    requests = [GenerationRequest(n, f"b{n}", tuple(range(1, 9)), 1.0, (), 30, priority=9) for n in range(12)]
    answered = list(answers_of(engine, [*requests, GenerationRequest(99, "b7", (1,), 1.0, (), 30, priority=2)]))
    assert answered.index(99) < 4


def test_an_answer_does_not_depend_on_batch_order_or_cache(engine: Engine) -> None:
    requests = [*generations(16, temperature=1.0), *scorings(8)]
    together = answers_of(engine, requests)
    again_reversed = answers_of(engine, reversed(requests))
    alone = {request.request_id: answers_of(engine, [request])[request.request_id] for request in requests[::3]}
    assert again_reversed == together
    assert alone == {request_id: together[request_id] for request_id in alone}


def test_seeds_give_different_candidates_and_greedy_ones_are_alike(engine: Engine) -> None:
    sampled, greedy = (
        GenerationRequest(0, "b1c2", (1, 2, 3), 1.0, STOPS, 20),
        GenerationRequest(1, "b1c2", (1, 2), 0.0, STOPS, 20),
    )
    answers = answers_of(engine, [sampled, greedy])
    assert len({candidate.text for candidate in answers[0].candidates}) == 3
    assert len({candidate.text for candidate in answers[1].candidates}) == 1
    assert len(answers[1].candidates) == 2


def test_a_stop_string_of_several_tokens_ends_the_text_exactly(engine: Engine) -> None:
    free = GenerationRequest(0, "b1c2", (11,), 1.0, (), 40)
    text = answers_of(engine, [free])[0].candidates[0].text
    stop = text[len(text) // 2 : len(text) // 2 + 4]
    stopped = answers_of(engine, [GenerationRequest(1, "b1c2", (11,), 1.0, (stop, "<end_of_step>"), 40)])[1].candidates[0]
    assert stopped.text == text[: text.index(stop) + len(stop)]
    assert stopped.finish == "stop"


def test_greedy_text_and_scores_equal_those_of_transformers(engine: Engine, random_policy: Path, random_ppm: Path) -> None:
    requests = [*generations(8, temperature=0.0), *scorings(8)]
    ours = answers_of(engine, requests)
    settings = EngineSettings(kind="transformers", n_processes=0, max_model_len=VLLM.max_model_len)
    with closing(open_engine(settings, random_policy, random_ppm)) as other:
        theirs = answers_of(other, requests)
    assert [ours[key] for key in range(8)] == [theirs[key] for key in range(8)]
    assert scores_of(ours) == pytest.approx(scores_of(theirs), abs=1e-4)


def test_a_bad_request_is_rejected_and_the_others_are_answered(engine: Engine) -> None:
    good = generations(1, temperature=1.0)[0]
    bad = [
        GenerationRequest(100, "b1" * 300, (1,), 1.0, (), 5),
        GenerationRequest(101, "", (1,), 1.0, (), 5),
        ScoringRequest(102, ("b1", "b1" * 300)),
    ]
    answers = answers_of(engine, [*bad, good])
    assert all(isinstance(answers[request.request_id], Rejection) for request in bad)
    assert_candidates_follow_the_request([good], answers)


def test_a_context_is_filled_to_its_last_token(engine: Engine) -> None:
    answers = answers_of(engine, [GenerationRequest(0, "b1" * 126, (1, 2, 3), 1.0, (), 100), ScoringRequest(1, ("b1" * 128,))])
    assert max(candidate.n_tokens for candidate in answers[0].candidates) == 256 - 252
    assert len(scores_of(answers)) == 1


def test_more_requests_than_the_kv_cache_holds_wait_their_turn_and_change_nothing(engine: Engine, random_policy: Path) -> None:
    requests = generations(40, temperature=1.0)
    with closing(open_engine(VLLM.model_copy(update={"kv_cache_mib": 16}), random_policy, None)) as small:
        assert answers_of(small, requests) == answers_of(engine, requests)


def test_other_weights_answer_as_in_an_engine_that_never_served_any_before_and_loading_back_restores_the_answers(
    engine: Engine,
    random_policy: Path,
    random_ppm: Path,
    others: tuple[Path, Path],
    expected: dict[int, Answer],
    expected_of_others: dict[int, Answer],
) -> None:
    assert all(expected[key] != expected_of_others[key] for key in expected)
    engine.load(*others)
    assert answers_of(engine, MIXED) == expected_of_others
    engine.load(random_policy, random_ppm)
    assert answers_of(engine, MIXED) == expected


def test_a_model_of_another_shape_is_served_too(engine: Engine, random_policy: Path, random_ppm: Path, tmp_path: Path) -> None:
    before = answers_of(engine, generations(2, temperature=0.0))
    engine.load(write_policy(tmp_path / "smaller", n_layers=1), None)
    assert answers_of(engine, generations(2, temperature=0.0)) != before
    assert isinstance(answers_of(engine, [ScoringRequest(0, ("b",))])[0], Rejection)
    engine.load(random_policy, random_ppm)
    assert answers_of(engine, generations(2, temperature=0.0)) == before


def test_a_ppm_of_nan_weights_gives_scores_that_are_no_number(
    engine: Engine, random_policy: Path, random_ppm: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    broken = write_ppm(tmp_path / "broken")
    weights = load_file(broken / "model.safetensors")
    weights["score.weight"] *= float("nan")
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    engine.load(random_policy, broken)
    assert all(math.isnan(score) for score in scores_of(answers_of(engine, [ScoringRequest(0, ("b", "c"))])))
    engine.load(random_policy, random_ppm)


def test_an_architecture_that_vllm_cannot_serve_says_which_directory(random_policy: Path, tmp_path: Path) -> None:
    write_policy(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "hidden_size": 64}))
    with pytest.raises(EngineUnavailable, match=f"starting vLLM with the policy {tmp_path} failed"):
        open_engine(VLLM, tmp_path, None)


def test_a_step_that_fails_makes_the_engine_unavailable_with_the_reason(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vllm.v1.engine.llm_engine import LLMEngine

    def out_of_memory(_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")

    request = generations(1, temperature=0.0)[0]
    engine.submit(request)
    with monkeypatch.context() as patch, pytest.raises(EngineUnavailable, match="RuntimeError: DefaultCPUAllocator"):
        patch.setattr(LLMEngine, "step", out_of_memory)
        engine.poll(0.1)
    assert answers_of(engine, []).keys() == {request.request_id}
