"""The PPM's batches: scores as if each prefix stood alone, and the loss as the paper writes it."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from models.engines.ppm_score import score_from_logit
from models.training.settings import LossKind, PpmSettings
from models.training.tree_packing import Pack, TokenPair, pack_pairs

PAIRS = [
    TokenPair((5, 6, 7, 8), (5, 6, 9), 0.5, 0.4, -1.0),
    TokenPair((5, 6, 7, 8), (5, 6, 10, 11, 12), 0.5, 0.4, -0.6),
    TokenPair((5, 6, 7, 8, 20, 21), (5, 6, 9, 22), 1.0, 1.0, -1.0),
]
OTHER = [TokenPair((5, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40), (5, 41), 1.0, 0.2, -0.2)]


@pytest.fixture(scope="module")
def model(random_ppm: Path) -> Any:
    from transformers import AutoModelForSequenceClassification

    return AutoModelForSequenceClassification.from_pretrained(random_ppm, dtype="float32").eval()


def packs() -> list[Pack]:
    return [*pack_pairs("a", PAIRS, 100), *pack_pairs("b", OTHER, 100)]


def batch_of(chosen_packs: list[Pack]) -> dict[str, Any]:
    from models.training.ppm import collate_packs

    return collate_packs([asdict(pack) for pack in chosen_packs], pad_token_id=0)


def separate_logit(model: Any, ids: tuple[int, ...]) -> float:
    import torch

    with torch.no_grad():
        return float(model(input_ids=torch.tensor([ids])).logits[0, 0])


def test_packed_scores_equal_those_of_separate_sequences(model: Any) -> None:
    import torch

    from models.training.ppm import token_logits

    batch = batch_of(packs())
    with torch.no_grad():
        logits = token_logits(model, batch)
    pairs = [*sorted(PAIRS, key=lambda pair: (pair.chosen_ids, pair.rejected_ids)), *OTHER]
    for name in ("chosen", "rejected"):
        alone = [separate_logit(model, getattr(pair, f"{name}_ids")) for pair in pairs]
        assert logits[batch[name]].tolist() == pytest.approx(alone, abs=1e-5)
    assert max(alone) - min(alone) > 0.1  # scores that did not differ would prove nothing


def test_gradients_of_a_pack_equal_those_of_separate_sequences(model: Any) -> None:
    import torch

    from models.training.ppm import token_logits

    batch = batch_of(packs()[:1])
    logits = token_logits(model, batch)
    model.zero_grad()
    (logits[batch["chosen"]] - logits[batch["rejected"]]).sum().backward()
    packed = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
    model.zero_grad()
    for pair in PAIRS:
        for sign, ids in ((1, pair.chosen_ids), (-1, pair.rejected_ids)):
            (sign * model(input_ids=torch.tensor([ids])).logits.sum()).backward()
    for name, weight in model.named_parameters():
        if weight.grad is not None:
            tolerance = 1e-4 * float(weight.grad.abs().max())
            torch.testing.assert_close(packed[name], weight.grad, atol=tolerance, rtol=0)


def expected_loss(kind: str, chosen: float, rejected: float, pair: TokenPair) -> float:
    if kind == "ppm":
        return math.log1p(math.exp(rejected - chosen)) + 0.25 * (chosen + rejected) ** 2
    if kind == "orm":
        return math.log1p(math.exp(-chosen)) + math.log1p(math.exp(rejected))
    return (score_from_logit(chosen) - pair.chosen_q) ** 2 + (score_from_logit(rejected) - pair.rejected_q) ** 2


@pytest.mark.parametrize("kind", ["ppm", "orm", "pqm"])
def test_losses_are_weighted_sums_over_pairs(model: Any, random_ppm: Path, tmp_path: Path, kind: LossKind) -> None:
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import RewardConfig

    from models.training.losses import pair_loss
    from models.training.ppm import TreePpmTrainer

    trainer = TreePpmTrainer(
        model=model,
        args=RewardConfig(output_dir=str(tmp_path), use_cpu=True, bf16=False, report_to="none", gradient_checkpointing=False),
        train_dataset=Dataset.from_list([asdict(pack) for pack in packs()]),
        processing_class=AutoTokenizer.from_pretrained(random_ppm),
        pair_loss=pair_loss(PpmSettings(loss_kind=kind, center_rewards_coefficient=0.25)),
        mean_pack_weight=1.5,
    )
    loss = trainer.compute_loss(model, batch_of(packs())).detach()
    expected = 0.0
    for pair in [*PAIRS, *OTHER]:
        chosen, rejected = separate_logit(model, pair.chosen_ids), separate_logit(model, pair.rejected_ids)
        expected += pair.weight * expected_loss(kind, chosen, rejected, pair)
    assert float(loss) == pytest.approx(expected / (1.5 * 2), rel=1e-4)


def test_padding_changes_no_score(model: Any) -> None:
    import torch

    from models.training.ppm import token_logits

    first = packs()[0]
    n_tokens = len(first.input_ids)
    with torch.no_grad():
        alone = token_logits(model, batch_of([first]))
        padded = token_logits(model, batch_of(packs()))[:n_tokens]
    assert batch_of(packs())["input_ids"].shape[1] > n_tokens
    torch.testing.assert_close(alone, padded, atol=1e-5, rtol=0)
