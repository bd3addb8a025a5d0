"""Tree-packed PPM training beside one sequence per prefix: `python -m tests.benchmarks.ppm_packing`.

Both sides train the same model on the same batches of pairs with the same loss in the same order; only the layout of tokens
differs, so held-out accuracy is equal up to rounding and the saving is in tokens and CPU time alone. Separate sequences are
grouped as in TRL's RewardTrainer: chosen and rejected of every pair, padded on the right.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1", TOKENIZERS_PARALLELISM="false")

import torch
from transformers import AutoTokenizer

from models.training.job import TrainingJob
from models.training.ppm import Collate, collate_packs, n_pairs, ppm_trainer
from models.training.ppm_data import HELD_OUT_SHARE, PpmData, build_packs, read_nodes, read_pairs
from models.training.settings import PpmSettings
from models.training.trainer import MetricReport
from models.training.tree_packing import NO_PARENT
from tests.benchmarks.student_trees import write_student_trees

BASE = Path(__file__).resolve().parents[2] / "models" / "tiny" / "base"


def collate_separate(packs: Sequence[dict[str, Any]], pad_token_id: int) -> dict[str, torch.Tensor]:
    """Return the pairs of the packs as rows of their own: all chosen prefixes, then all rejected ones."""
    rows = [_path(pack, index) for name in ("chosen", "rejected") for pack in packs for index in pack[name]]
    n_columns = max(map(len, rows))
    input_ids = torch.full((len(rows), n_columns), pad_token_id)
    attention_mask = torch.zeros_like(input_ids)
    for row, ids in enumerate(rows):
        input_ids[row, : len(ids)] = torch.tensor(ids)
        attention_mask[row, : len(ids)] = 1
    ends = torch.tensor([row * n_columns + len(ids) - 1 for row, ids in enumerate(rows)])
    weights = torch.tensor([weight for pack in packs for weight in pack["weights"]])
    return {
        "input_ids": input_ids,
        "attention_mask": attention_mask,
        "position_ids": torch.arange(n_columns).expand_as(input_ids),
        "chosen": ends[: len(rows) // 2],
        "rejected": ends[len(rows) // 2 :],
        # The loss is divided by the number of rows, which are packs there and prefixes here.
        "weights": weights * len(rows) / len(packs),
        "chosen_q": torch.zeros(len(rows) // 2),
        "rejected_q": torch.zeros(len(rows) // 2),
        "n_tokens": attention_mask.sum(),
    }


def _path(pack: dict[str, Any], index: int) -> list[int]:
    ids = []
    while index != NO_PARENT:
        ids.append(pack["input_ids"][index])
        index = pack["parents"][index]
    return ids[::-1]


def measure(job: TrainingJob, data: PpmData, collate: Collate) -> dict[str, float]:
    """Return tokens, CPU and wall seconds and the held-out accuracy of one training."""
    assert isinstance(job.settings, PpmSettings)
    torch.set_num_threads(job.settings.n_threads)
    report = MetricReport("ppm", lambda metric: None, accuracy_key="accuracy")
    trainer = ppm_trainer(job, job.settings, data, report, collate)
    cpu, wall = time.process_time(), time.perf_counter()
    trainer.train()
    seconds = {"cpu_seconds": time.process_time() - cpu, "wall_seconds": time.perf_counter() - wall}
    final = report.final()
    return {"n_tokens": final["n_tokens"], **seconds, "ppm_pair_accuracy": final["ppm_pair_accuracy"], "loss": final["loss"]}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--start", type=Path, default=BASE, help="policy to start from")
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--trajectories", type=int, default=16)
    parser.add_argument("--trees", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_student_trees(folder, options.problems, options.trajectories, options.trees, p_right=0.5, seed=0)
        settings = PpmSettings(n_epochs=options.epochs, n_threads=1)
        job = TrainingJob(
            kind="ppm",
            start_dir=options.start,
            work_dir=folder,
            settings=settings,
            seed=0,
            nodes=folder / "nodes.parquet",
            pairs=folder / "pairs.parquet",
        )
        tokenizer = AutoTokenizer.from_pretrained(options.start)
        data = build_packs(
            read_nodes(folder / "nodes.parquet"),
            read_pairs(folder / "pairs.parquet"),
            lambda texts: tokenizer(texts, add_special_tokens=False)["input_ids"],
            settings.max_length,
            HELD_OUT_SHARE,
            repeats=True,
        )
        with contextlib.redirect_stdout(sys.stderr):  # the Trainer prints its logs
            packed = measure(job, data, collate_packs)
            separate = measure(job, data, collate_separate)
    saving = {name: separate[name] / packed[name] for name in ("n_tokens", "cpu_seconds")}
    sizes = {"n_pairs": n_pairs(data.train), "n_packs": len(data.train)}
    print(json.dumps({**sizes, "packed": packed, "separate": separate, "separate_over_packed": saving}, indent=2))


if __name__ == "__main__":
    main()
