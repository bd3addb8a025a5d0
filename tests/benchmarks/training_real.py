"""How fast a real policy is fine-tuned: `python -m tests.benchmarks.training_real MODEL_DIRECTORY --data GSM8K/train.jsonl`.

Both ways take the same optimizer steps on the same solutions, two of each problem, by turns: examples one by one with logits at
every position, and packed by problem with logits where a token is learned. Printed: tokens of the examples per second of wall
and of CPU time, the loss of each way, and the ratio.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoTokenizer, set_seed

from models.training.job import TrainingJob
from models.training.settings import SftSettings
from models.training.sft import sft_trainer
from models.training.sft_data import tokenize_examples
from models.training.trainer import MetricReport
from tasks.domains.mathematics.gsm8k import coded_solutions
from tasks.search.format import END_OF_OUTPUT, OUTPUT

Packing = Literal["none", "tree"]


def solutions(path: Path, n_problems: int) -> list[tuple[str, str]]:
    """Return (prompt, completion) of n_problems, two solutions of each that differ in their last steps."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[: 4 * n_problems]]
    found, _ = coded_solutions((row["question"], row["answer"]) for row in rows)
    chosen = found[:n_problems]
    return [(one.prompt, text) for one in chosen for text in (one.solution(), one.solution().replace("print(", "print(0 + "))]


def steps(
    model: Path, examples: list[tuple[str, str]], packing: Packing, args: argparse.Namespace, work: Path
) -> dict[str, Any]:
    """Return what n_steps optimizer steps of a way took."""
    set_seed(0)
    per_step = args.batch if packing == "tree" else 2 * args.batch
    settings = SftSettings(
        packing=packing, bf16=True, n_epochs=1, batch_size=per_step, micro_batch_size=per_step, n_threads=args.threads
    )
    job = TrainingJob(
        kind="policy",
        start_dir=model,
        work_dir=work,
        settings=settings,
        seed=0,
        examples=args.data,
        observed=(f"\n{OUTPUT}", END_OF_OUTPUT),
    )
    tokenizer = AutoTokenizer.from_pretrained(model)
    told = tokenize_examples(examples, tokenizer, (f"\n{OUTPUT}", END_OF_OUTPUT), settings.max_length)
    losses: list[float] = []
    report = MetricReport("policy", lambda metric: losses.append(metric.loss), "mean_token_accuracy")
    trainer, sizes = sft_trainer(job, settings, told, tokenizer, report)
    wall, cpu = time.perf_counter(), time.process_time()
    trainer.train()
    n_tokens = sum(len(row["input_ids"]) for row in told.rows)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "packing": packing,
        "tokens": n_tokens,
        "wall": wall,
        "cpu": cpu,
        "loss": losses[0],
        "computed": sizes.get("n_packed_tokens", n_tokens),
    }


def main() -> None:
    """Print a line per way, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--problems", type=int, default=8)
    parser.add_argument("--batch", type=int, default=4, help="Problems per optimizer step.")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    examples = solutions(args.data, args.problems)
    rates: dict[Packing, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for packing in ("none", "tree"):
            done = steps(args.model, examples, packing, args, Path(folder) / packing)
            rates[packing] = done["tokens"] / done["wall"]
            line = f"{packing:<5} {done['tokens']:,} tokens ({done['computed']:,} computed): {rates[packing]:.0f}/s, "
            sys.stdout.write(f"{line}{done['tokens'] / done['cpu']:.0f} per CPU-second, loss {done['loss']:.4f}\n")
    sys.stdout.write(f"ratio {rates['tree'] / rates['none']:.2f}\n")


if __name__ == "__main__":
    main()
