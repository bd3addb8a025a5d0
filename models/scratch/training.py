"""The training loop of a base: next-token loss over texts grouped by length, AdamW, warm-up, plateau, cosine.

Deterministic: same corpus, settings and number of threads, same weights. Right padding needs no attention mask, because no
token looks ahead and the loss looks at no padding.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from models.scratch.corpus import IGNORED, Tokens
from models.scratch.settings import BaseSettings

POOL_BATCHES: Final = 64
"""Texts are shuffled, then sorted by length within pools of this many batches: little padding, still a random order."""
HEAD_SIZE: Final = 32
"""Width of an attention head. vLLM on the CPU refuses 16."""
WEIGHT_DECAY: Final = 0.1
"""Of the matrices; norms and embeddings have none."""
PROMPT_WEIGHT: Final = 0.2
"""Weight of the loss on the problem's own text, of which most cannot be foreseen. The solution's weight is 1."""

Report = Callable[[int, int, float], None]
"""Called with the optimizer step, the number of steps, and the loss."""


def new_model(settings: BaseSettings, n_vocabulary: int, end_of_text: int, padding: int) -> Qwen3ForCausalLM:
    """Return a Qwen3 model with random float32 weights that depend on settings.seed alone."""
    config = Qwen3Config(
        vocab_size=n_vocabulary,
        hidden_size=settings.hidden_size,
        intermediate_size=settings.feed_forward_size,
        num_hidden_layers=settings.n_layers,
        num_attention_heads=settings.n_heads,
        num_key_value_heads=settings.n_kv_heads,
        head_dim=HEAD_SIZE,
        max_position_embeddings=settings.max_length,
        tie_word_embeddings=True,
        eos_token_id=end_of_text,
        pad_token_id=padding,
        bos_token_id=None,
        dtype="float32",
    )
    torch.manual_seed(settings.seed)
    return Qwen3ForCausalLM(config)  # type: ignore[no-untyped-call]


def train(model: Qwen3ForCausalLM, corpus: Sequence[Tokens], settings: BaseSettings, report: Report) -> float:
    """Train `model` on the corpus in place, and return the mean loss over the last tenth of the steps."""
    batches = list(batches_of(corpus, settings))
    optimizer = _optimizer(model, settings)
    losses: list[float] = []
    model.train()
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * learning_rate_share(step / len(batches))
        loss = _loss(model, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        report(step + 1, len(batches), losses[-1])
    model.eval()  # type: ignore[no-untyped-call]
    last = losses[-max(1, len(losses) // 10) :]
    return sum(last) / len(last)


def learning_rate_share(progress: float) -> float:
    """Return the share of the peak learning rate at a progress in [0, 1]: 2 % warm-up, constant to 40 %, cosine to 3 %."""
    if progress < 0.02:
        return (progress + 0.001) / 0.021
    if progress < 0.4:
        return 1.0
    return 0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * (progress - 0.4) / 0.6))


def batches_of(corpus: Sequence[Tokens], settings: BaseSettings) -> Iterator[list[Tokens]]:
    """Yield the batches of all epochs, each of at most batch_tokens tokens with its padding (or a single longer text)."""
    rng = random.Random(settings.seed)
    for _ in range(settings.n_epochs):
        order = list(corpus)
        rng.shuffle(order)
        batches: list[list[Tokens]] = []
        for pool in _pools(order, POOL_BATCHES * settings.batch_tokens):
            made = list(_by_length(pool, settings.batch_tokens))
            rng.shuffle(made)
            batches += made
        yield from batches


def _pools(order: Sequence[Tokens], n_tokens: int) -> Iterator[list[Tokens]]:
    pool: list[Tokens] = []
    size = 0
    for tokens in order:
        pool.append(tokens)
        size += len(tokens.ids)
        if size >= n_tokens:
            yield pool
            pool, size = [], 0
    if pool:
        yield pool


def _by_length(pool: list[Tokens], batch_tokens: int) -> Iterator[list[Tokens]]:
    batch: list[Tokens] = []
    for tokens in sorted(pool, key=lambda tokens: len(tokens.ids)):
        # Sorted, so the newest text is the longest and decides the padding.
        if batch and (len(batch) + 1) * len(tokens.ids) > batch_tokens:
            yield batch
            batch = []
        batch.append(tokens)
    if batch:
        yield batch


def _loss(model: Qwen3ForCausalLM, batch: Sequence[Tokens]) -> torch.Tensor:
    """Return the mean weighted next-token loss of a batch."""
    width = max(len(tokens.ids) for tokens in batch)
    ids = torch.zeros((len(batch), width), dtype=torch.long)
    labels = torch.full((len(batch), width), IGNORED, dtype=torch.long)
    weights = torch.ones((len(batch), width))
    for row, tokens in enumerate(batch):
        ids[row, : len(tokens.ids)] = torch.tensor(tokens.ids)
        labels[row, : len(tokens.ids)] = torch.tensor(tokens.labels)
        weights[row, : tokens.n_prompt] = PROMPT_WEIGHT
    logits = model(input_ids=ids, use_cache=False).logits[:, :-1]
    losses = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED, reduction="none"
    )
    counted = weights[:, 1:].flatten() * (labels[:, 1:].flatten() != IGNORED)
    return (losses * counted).sum() / counted.sum()


def _optimizer(model: Qwen3ForCausalLM, settings: BaseSettings) -> torch.optim.AdamW:
    embedding = model.get_input_embeddings().weight
    matrices = [weight for weight in model.parameters() if weight.ndim == 2 and weight is not embedding]
    others = [weight for weight in model.parameters() if weight.ndim != 2 or weight is embedding]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.95), fused=True)
