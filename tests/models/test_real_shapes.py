"""Models of the shapes that real ones have serve as policy and as PPM, with marks that are several tokens each."""

from contextlib import closing
from pathlib import Path

import pytest

from models.engines.base import GenerationRequest, ScoringRequest
from models.engines.prompt_tokens import PromptTokens
from models.engines.settings import EngineSettings
from models.engines.transformers.engine import TransformersEngine
from tasks.search.format import END_OF_STEP, STEP_STOPS, prompt
from tests.models.engine_contract import answers_of, scores_of
from tests.models.real_shapes import SHAPES, bpe_tokenizer, write_model

SETTINGS = EngineSettings(kind="transformers", n_processes=0, max_model_len=512)


def write_scorer(directory: Path, policy: Path) -> Path:
    """Save a PPM that starts from a policy, as training does, and return its directory."""
    import torch
    import transformers

    torch.manual_seed(0)
    scorer = transformers.AutoModelForSequenceClassification.from_pretrained(policy, num_labels=1)
    torch.nn.init.normal_(scorer.score.weight, std=0.5)
    scorer.save_pretrained(directory)
    transformers.AutoTokenizer.from_pretrained(policy).save_pretrained(directory)
    return directory


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_serves_as_policy_and_as_ppm(tmp_path: Path, shape: str) -> None:
    policy = write_model(tmp_path / "policy", shape)
    scorer = write_scorer(tmp_path / "ppm", policy)
    prefix = prompt("What is 1 + 2?")
    with closing(TransformersEngine(SETTINGS, policy, scorer)) as engine:
        requests = [
            GenerationRequest(1, prefix, (5, 6, 5), 1.0, STEP_STOPS, 12),
            ScoringRequest(2, (f"{prefix}\n# a\nx = 1\n{END_OF_STEP}", f"{prefix}\n# b\nx = 2\n{END_OF_STEP}")),
        ]
        answers = answers_of(engine, requests)
    first, second, again = answers[1].candidates  # type: ignore[union-attr]
    assert first == again
    assert first != second
    one, other = scores_of(answers)
    assert one != other


def test_a_step_ends_at_a_mark_that_is_several_tokens() -> None:
    tokenizer = bpe_tokenizer()
    tokens = PromptTokens(tokenizer)
    assert tokens.single_tokens(STEP_STOPS) is None
    prompt_ids = tokens.encode(prompt("What is 1 + 2?"))
    written = f"\n# Add\nx = 1 + 2\n{END_OF_STEP}\n# and on"
    new_ids = tokenizer.encode(written, add_special_tokens=False)
    candidate = tokens.candidate(prompt_ids, new_ids, STEP_STOPS)
    assert (candidate.text, candidate.finish) == (f"\n# Add\nx = 1 + 2\n{END_OF_STEP}", "stop")
    assert not tokens.is_over(prompt_ids, new_ids[:4], STEP_STOPS)
