"""A real language model evolves on eight questions that people wrote: `make test-real MODEL=DIRECTORY`.

Nothing is fetched. The directory holds a causal language model in the layout of transformers, or is a GGUF file.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

MODEL = "STARGROVE_TEST_MODEL"
FEW = (
    "run.n_rounds=1",
    "run.shard_size=4",
    "gates.min_sft_examples=1",
    "gates.min_preference_pairs=1",
    "gates.min_ppm_pair_accuracy=0.0",
    "gates.pass_1_tolerance=1.0",
)


def stargrove(home: Path, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("stargrove")), *arguments, "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, real_data: Path) -> Path:
    """A home whose only round is over, begun with the real model."""
    if not os.environ.get(MODEL):
        pytest.skip(f"no real model: make test-real MODEL=DIRECTORY, or set {MODEL} to its directory or GGUF file")
    home = tmp_path_factory.mktemp("real") / "home"
    stargrove(home, "model", "add", "real", os.environ[MODEL])
    files = (("test.jsonl", "test", 4), ("train.jsonl", "validation", 4), ("train.jsonl", "train", 8))
    for file, split, n_problems in files:
        stargrove(home, "ingest", str(real_data / "gsm8k" / file), "--split", split, "--limit", str(n_problems))
    settings = [word for setting in (*FEW, "run.base=real") for word in ("--set", setting)]
    stargrove(home, "evolve", "--profile", "qwen-cpu", *settings)
    return home


def test_eight_questions_are_searched_trained_on_and_measured(home: Path) -> None:
    with Warehouse.open(home, WarehouseSettings(), read_only=True) as lake:
        row = lake.round_row(1)
        assert row is not None
        assert row.status == "promoted"
        n_trees, n_solved = lake.query(
            "select count(distinct problem_id), count(distinct problem_id) filter (verdict = 'correct') from trajectories"
        ).row(0)
        assert n_trees == 8
        assert n_solved >= 1, "a model that solves none of eight grade-school questions in 64 rollouts does not know the format"
        outcomes = dict(lake.query("select outcome, count(*) from nodes where depth > 0 group by outcome").rows())
        assert outcomes["ok"] > sum(outcomes.values()) / 2, f"most steps should run: {outcomes}"
        kinds = lake.query("select kind from checkpoints where status = 'current' order by kind")["kind"].to_list()
        assert kinds == ["base", "policy", "ppm"]
        measured = lake.query("select distinct policy_id from evaluations where split = 'test'")
        assert len(measured) == 2, "the prompted base, and the policy of the round"


def test_the_evolved_policy_answers_without_worked_examples(home: Path) -> None:
    shown = stargrove(home, "solve", "Ana has 7 coins. Ben has 5 more coins than Ana. How many coins do they have together?")
    assert "answer  " in shown
