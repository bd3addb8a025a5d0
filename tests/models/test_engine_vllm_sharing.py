"""What vLLM does once for many: prefixes that candidates share, and prefixes that are scored again."""

from pathlib import Path
from typing import Any

import pytest

from models.engines.base import GenerationRequest, ScoringRequest
from models.engines.vllm.engine import VllmEngine
from models.engines.vllm.model import VllmModel
from tests.models.engine_contract import answers_of, scores_of
from tests.models.random_model import write_policy, write_ppm

pytestmark = pytest.mark.integration

BLOCK = 32
PROMPT = "b1c2" * 25
"""100 tokens: three whole blocks of the KV cache, and four tokens."""


@pytest.fixture
def engine(vllm: VllmEngine) -> VllmEngine:
    """The engine that the whole run shares; no other test asks for what these ask for."""
    return vllm


@pytest.fixture
def n_cached(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Prompt tokens that each candidate found in the cache, as the candidates end."""
    seen: list[int] = []
    step = VllmModel.step

    def observed(model: VllmModel) -> list[Any]:
        outputs = step(model)
        if model.use == "policy":
            seen.extend(output.num_cached_tokens for output in outputs)
        return outputs

    monkeypatch.setattr(VllmModel, "step", observed)
    return seen


@pytest.fixture
def n_scored(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Prefixes that were given to the PPM."""
    scored: list[str] = []
    add = VllmModel.add

    def observed(model: VllmModel, key: str, prompt_ids: tuple[int, ...], params: Any) -> None:
        if model.use == "ppm":
            scored.append(key)
        add(model, key, prompt_ids, params)

    monkeypatch.setattr(VllmModel, "add", observed)
    return scored


def test_the_candidates_of_a_step_read_their_prefix_once(engine: VllmEngine, n_cached: list[int]) -> None:
    answers_of(engine, [GenerationRequest(0, PROMPT, tuple(range(8)), 1.0, (), 20)])
    assert sorted(n_cached) == [0, *[3 * BLOCK] * 7]


def test_a_step_that_continues_another_reads_only_what_is_new(engine: VllmEngine, n_cached: list[int]) -> None:
    longer = PROMPT + "d3e4" * 25
    answers_of(engine, [GenerationRequest(0, PROMPT, (1,), 1.0, (), 20)])
    answers_of(engine, [GenerationRequest(1, longer, (1,), 1.0, (), 20)])
    answers_of(engine, [GenerationRequest(2, longer, (2,), 1.0, (), 20)])
    assert n_cached[1:] == [3 * BLOCK, 6 * BLOCK]


def test_nothing_cached_for_other_weights_is_used(
    engine: VllmEngine, n_cached: list[int], random_policy: Path, random_ppm: Path, tmp_path: Path
) -> None:
    request = GenerationRequest(0, PROMPT, (1,), 1.0, (), 20)
    answers_of(engine, [request])
    engine.load(write_policy(tmp_path / "other", seed=5), random_ppm)
    answers_of(engine, [request])
    engine.load(random_policy, random_ppm)
    answers_of(engine, [request])
    assert n_cached[1:] == [0, 0]


def test_identical_candidates_are_scored_once(engine: VllmEngine, n_scored: list[str]) -> None:
    twins = [ScoringRequest(number, ("j9", "i8", "j9")) for number in range(4)]
    scores = scores_of(answers_of(engine, twins))
    assert sorted(n_scored) == ["i8", "j9"]
    assert len(set(scores)) == 2


def test_scores_are_remembered_as_long_as_the_ppm_is_the_same(
    engine: VllmEngine, n_scored: list[str], random_policy: Path, random_ppm: Path, tmp_path: Path
) -> None:
    request = ScoringRequest(0, ("h7g6",))
    first = scores_of(answers_of(engine, [request]))
    other_policy = write_policy(tmp_path / "policy", seed=5)
    engine.load(other_policy, random_ppm)
    assert scores_of(answers_of(engine, [request])) == first
    assert n_scored == ["h7g6"]
    engine.load(other_policy, write_ppm(tmp_path / "ppm", seed=5))
    assert scores_of(answers_of(engine, [request])) != first
    engine.load(random_policy, random_ppm)
    assert scores_of(answers_of(engine, [request])) == first
    assert n_scored == ["h7g6"] * 3
