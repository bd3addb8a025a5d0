"""SFT examples: what is learned, what is dropped."""

from pathlib import Path
from typing import Any

import pytest

from tasks.search.format import END_OF_OUTPUT, OUTPUT, observed, prompt

OBSERVED = (f"\n{OUTPUT}", END_OF_OUTPUT)
EXAMPLES = [
    (prompt("a1"), f"\n# a\na=1\n<end_of_code>{observed('1')}\n<answer>1<end_of_answer>"),
    (prompt("b22"), f"\n# b\nb=2\n<end_of_step>\n# c\n<end_of_code>{observed('24 5')}\n<answer>2<end_of_answer>"),
]


@pytest.fixture(scope="module")
def tokenizer(random_policy: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(random_policy)


def test_labels_spell_the_completion_without_what_was_printed(tokenizer: Any) -> None:
    from models.training.sft_data import IGNORED, tokenize_examples

    examples = tokenize_examples(EXAMPLES, tokenizer, OBSERVED, max_length=500)
    for row, (_, completion) in zip(examples.rows, EXAMPLES, strict=True):
        learned = tokenizer.decode([label for label in row["labels"] if label != IGNORED])
        before, rest = completion.split(f"\n{OUTPUT}")
        assert learned == before + rest.split(END_OF_OUTPUT)[1]
        assert all(label in (IGNORED, token) for label, token in zip(row["labels"], row["input_ids"], strict=True))


def test_too_long_sequences_are_dropped_and_counted(tokenizer: Any) -> None:
    from models.training.sft_data import tokenize_examples

    lengths = [len(ids) for ids in tokenizer([prompt + completion for prompt, completion in EXAMPLES])["input_ids"]]
    examples = tokenize_examples(EXAMPLES, tokenizer, OBSERVED, max_length=min(lengths))
    assert [len(row["input_ids"]) for row in examples.rows] == [min(lengths)]
    assert examples.n_dropped_too_long == 1


def test_no_gradient_flows_from_masked_positions(random_policy: Path, tokenizer: Any, tmp_path: Path) -> None:
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM
    from trl import SFTConfig

    from models.training.sft import GroupedSftTrainer
    from models.training.sft_data import IGNORED, tokenize_examples

    model = AutoModelForCausalLM.from_pretrained(random_policy, dtype="float32")
    rows = tokenize_examples(EXAMPLES, tokenizer, OBSERVED, max_length=500).rows
    trainer = GroupedSftTrainer(
        model=model,
        args=SFTConfig(
            output_dir=str(tmp_path),
            use_cpu=True,
            bf16=False,
            report_to="none",
            gradient_checkpointing=False,
            max_length=None,
            dataset_kwargs={"skip_prepare_dataset": True},
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    hidden: list[torch.Tensor] = []

    def keep_gradient(module: Any, inputs: Any, output: Any) -> None:
        output.retain_grad()
        hidden.append(output)

    model.model.norm.register_forward_hook(keep_gradient)
    batch = trainer.data_collator(rows)
    labels = batch["labels"].clone()
    trainer.compute_loss(model, batch).backward()
    gradient = hidden[0].grad
    assert gradient is not None
    # The hidden state at a position predicts the next token; the last predicts nothing.
    learned_next = torch.cat([labels[:, 1:] != IGNORED, torch.zeros(len(rows), 1, dtype=torch.bool)], dim=1)
    assert torch.equal(gradient.abs().sum(-1) > 0, learned_next)


SIBLINGS = [
    (prompt("a1"), f"\n# a\na=1\n<end_of_step>\n# c\nc={n}\n<end_of_code>{observed(str(n))}\n<answer>{n}<end_of_answer>")
    for n in (1, 2)
]


def sft_trainer_of(directory: Path, work_dir: Path, examples: list[tuple[str, str]], packing: str) -> tuple[Any, Any]:
    """Return a trainer, and all of its examples as one batch."""
    from transformers import AutoTokenizer

    from models.training.job import TrainingJob
    from models.training.settings import SftSettings
    from models.training.sft import sft_trainer
    from models.training.sft_data import tokenize_examples
    from models.training.trainer import MetricReport

    tokenizer = AutoTokenizer.from_pretrained(directory)
    settings = SftSettings(packing=packing, n_threads=1)  # type: ignore[arg-type]
    job = TrainingJob(
        kind="policy", start_dir=directory, work_dir=work_dir, settings=settings, seed=1, examples=directory / "config.json",
        observed=OBSERVED,
    )  # fmt: skip
    report = MetricReport("policy", lambda metric: None, "mean_token_accuracy")
    rows = tokenize_examples(examples, tokenizer, OBSERVED, max_length=500)
    trainer, _ = sft_trainer(job, settings, rows, tokenizer, report)
    return trainer, trainer.data_collator(list(trainer.train_dataset))


def test_packed_examples_have_the_loss_and_the_gradient_of_separate_ones(random_policy: Path, tmp_path: Path) -> None:
    import torch

    found = []
    for packing in ("none", "tree"):
        trainer, batch = sft_trainer_of(random_policy, tmp_path / packing, [*SIBLINGS, *EXAMPLES], packing)
        loss = trainer.compute_loss(trainer.model, batch)
        loss.backward()
        found.append((loss.detach(), [parameter.grad for parameter in trainer.model.parameters()], batch["input_ids"].numel()))
    (separate_loss, separate_gradient, n_separate), (packed_loss, packed_gradient, n_packed) = found
    assert n_packed < n_separate
    torch.testing.assert_close(packed_loss, separate_loss, rtol=1e-5, atol=1e-6)
    for ours, theirs in zip(packed_gradient, separate_gradient, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)


def test_a_pack_of_several_prompts_keeps_them_apart(random_policy: Path, tmp_path: Path) -> None:
    trainer, _ = sft_trainer_of(random_policy, tmp_path, [*SIBLINGS, *EXAMPLES], "tree")
    rows = list(trainer.train_dataset)
    assert len(rows) == 2, "the prompts a1 and b22"
    alone = [float(trainer.compute_loss(trainer.model, trainer.data_collator([row])).detach()) for row in rows]
    learned = [sum(row["n_learned"]) for row in rows]
    together = float(trainer.compute_loss(trainer.model, trainer.data_collator(rows)).detach())
    assert together == pytest.approx(sum(a * n for a, n in zip(alone, learned, strict=True)) / sum(learned), rel=1e-5)


def test_batches_have_similar_lengths_in_another_order_every_epoch() -> None:
    from models.training.length_batches import LengthBatches

    lengths = [(index * 37) % 101 for index in range(202)]
    sampler = LengthBatches(lengths, batch_size=8, seed=1)
    orders = []
    for epoch in (0, 1, 0):
        sampler.set_epoch(epoch)
        orders.append(list(sampler))
        assert sorted(orders[-1]) == list(range(202))
    assert orders[0] == orders[2] != orders[1]
    first = [lengths[index] for index in orders[0][:200]]
    spreads = [max(first[i : i + 8]) - min(first[i : i + 8]) for i in range(0, 200, 8)]
    assert sum(spreads) / len(spreads) < 15
