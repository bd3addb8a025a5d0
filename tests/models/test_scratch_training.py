"""Training from scratch: silent parts stay silent, every text is read once an epoch, same input gives the same weights."""

from collections import Counter
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

from models.checkpoints.store import verify_checkpoint
from models.scratch.build import Origin, build_tiny_base
from models.scratch.corpus import IGNORED, TrainingText, tokenized
from models.scratch.settings import BaseSettings
from models.scratch.training import batches_of, learning_rate_share, new_model, train
from models.scratch.word_tokenizer import train_word_tokenizer
from tasks.domains.mathematics.student_work import flawed_solutions
from tasks.search.format import ASSISTANT, MARKERS, OUTPUT, USER, observed_spans
from warehouse.errors import BadInput

WHOLE = (USER, ASSISTANT, *MARKERS)
SMALL = BaseSettings(
    hidden_size=32, n_layers=1, n_heads=1, n_kv_heads=1, feed_forward_size=32, batch_tokens=1024, n_epochs=2, n_threads=1
)


def texts(n: int) -> list[TrainingText]:
    found = []
    for work in flawed_solutions(0, n):
        text = work.prompt + work.solution
        found.append(TrainingText(text, tuple(observed_spans(text)), len(work.prompt)))
    return found


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_word_tokenizer([text.text for text in texts(500)], WHOLE)


def quiet(step: int, n_steps: int, loss: float) -> None:
    pass


def test_only_observed_output_is_silent(tokenizer: PreTrainedTokenizerFast) -> None:
    corpus, n_dropped = tokenized(texts(50), tokenizer, 512)
    assert n_dropped == 0
    for text, tokens in zip(texts(50), corpus, strict=True):
        silent = tokenizer.decode([i for i, label in zip(tokens.ids, tokens.labels, strict=True) if label == IGNORED])
        start, end = text.silent_spans[0]
        assert silent == text.text[start:end]
        assert OUTPUT in silent
        assert tokenizer.decode(tokens.ids[: tokens.n_prompt]) == text.text[: text.n_prompt_characters]
        assert tokens.labels[-1] == tokenizer.eos_token_id


def test_texts_too_long_are_dropped_and_counted(tokenizer: PreTrainedTokenizerFast) -> None:
    corpus, n_dropped = tokenized(texts(50), tokenizer, 120)
    assert 0 < n_dropped < 50
    assert len(corpus) == 50 - n_dropped
    assert all(len(tokens.ids) <= 120 for tokens in corpus)


def test_each_epoch_reads_every_text_once_in_batches_of_the_given_size(tokenizer: PreTrainedTokenizerFast) -> None:
    corpus, _ = tokenized(texts(200), tokenizer, 512)
    batches = list(batches_of(corpus, SMALL))
    assert Counter(tokens for batch in batches for tokens in batch) == dict.fromkeys(corpus, SMALL.n_epochs)
    assert all(len(batch) * max(len(tokens.ids) for tokens in batch) <= SMALL.batch_tokens for batch in batches)


def test_the_loss_falls_and_the_same_input_gives_the_same_weights(tokenizer: PreTrainedTokenizerFast) -> None:
    torch.set_num_threads(1)
    corpus, _ = tokenized(texts(60), tokenizer, 512)
    losses: list[float] = []
    models = [new_model(SMALL, len(tokenizer), tokenizer.eos_token_id, tokenizer.pad_token_id) for _ in range(2)]
    train(models[0], corpus, SMALL, lambda step, n_steps, loss: losses.append(loss))
    train(models[1], corpus, SMALL, quiet)
    assert losses[-1] < losses[0] - 0.5
    for one, other in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert torch.equal(one, other)


def test_padding_changes_no_prediction(tokenizer: PreTrainedTokenizerFast) -> None:
    model = new_model(SMALL, len(tokenizer), tokenizer.eos_token_id, tokenizer.pad_token_id).eval()
    tokens = torch.tensor([tokenizer.encode("Ana has 14 coins.")])
    padded = torch.cat([tokens, torch.full((1, 5), tokenizer.pad_token_id)], dim=1)
    with torch.no_grad():
        assert torch.allclose(model(tokens).logits, model(padded).logits[:, : tokens.shape[1]], atol=1e-6)


def test_the_learning_rate_warms_up_stays_and_decays_to_three_percent() -> None:
    assert learning_rate_share(0.0) < 0.1
    assert learning_rate_share(0.3) == 1.0
    assert learning_rate_share(1.0) == pytest.approx(0.03)


def test_a_base_is_published_whole_and_never_over_another(tmp_path: Path) -> None:
    out = tmp_path / "base"
    origin = Origin("0" * 12, "test")
    checkpoint = build_tiny_base(out, SMALL, texts(40), WHOLE, origin, quiet)
    assert verify_checkpoint(out, "base") == checkpoint
    assert checkpoint.lineage.metrics["n_texts"] == 40
    assert AutoModelForCausalLM.from_pretrained(out).config.model_type == "qwen3"
    assert [path.name for path in tmp_path.iterdir()] == ["base"]
    with pytest.raises(BadInput, match="exists"):
        build_tiny_base(out, SMALL, texts(40), WHOLE, origin, quiet)
