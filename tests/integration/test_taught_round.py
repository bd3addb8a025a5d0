"""A whole round of a model of a real shape that nobody taught: another model searches first, both trainings follow.

The base is random, from a GGUF file or a directory; who searches first is a server that can add.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli.app import main
from models.training.ppm_data import HELD_OUT_SHARE
from models.training.tree_packing import is_held_out
from tasks.bootstrap.prompting import PROMPTING_FILE
from tasks.problems.identity import problem_id
from tasks.search.format import ASSISTANT, CODE, END_OF_ANSWER, END_OF_CODE, END_OF_STEP, USER
from tests.models.fake_server import FakeServer, Reply, ok, running
from tests.models.real_shapes import write_gguf, write_model
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

pytestmark = pytest.mark.integration

SMALL = (
    "problems.source=files",
    "run.n_rounds=1",
    "engine.kind=transformers",
    "engine.n_processes=1",
    "engine.max_model_len=4096",
    "rounds.1.search.n_rollouts=4",
    "rounds.1.search.n_candidates=4",
    "evaluation.ks=[2]",
    "evaluation.max_program_tokens=16",
    "search.max_answer_tokens=8",
    "sft.packing=tree",
    "sft.n_epochs=1",
    "ppm.n_epochs=1",
    "ppm.max_length=1024",
    "gates.max_near_duplicate_share=1.0",
    "gates.max_near_held_out_share=1.0",
    "gates.min_sft_examples=1",
    "gates.min_preference_pairs=1",
    "gates.min_ppm_pair_accuracy=0.0",
    "gates.pass_1_tolerance=1.0",
)
WAYS = {
    "qwen2": ("sft.lora_rank=4", "ppm.lora_rank=4"),
    "llama": (),
}


class Adder(FakeServer):
    """Writes two steps that add two numbers, with one seed of three one too much, and the sentence with the answer."""

    async def _complete(self, body: dict[str, object]) -> Reply:
        prompt, seed = str(body["prompt"]), int(str(body.get("seed") or 0))
        statement, _, so_far = prompt.rpartition(USER)[2].partition(ASSISTANT + CODE)
        if END_OF_ANSWER in list(body["stop"]):  # type: ignore[call-overload]
            printed = re.findall(r"<output>(.*?)<end_of_output>", so_far, re.DOTALL)[-1].strip()
            text, mark = f"They are \\boxed{{{printed}}}.", END_OF_ANSWER
        elif END_OF_STEP in so_far:
            text, mark = " Print the sum\nprint(total)\n", END_OF_CODE
        else:
            one, other = re.findall(r"\d+", statement)
            text, mark = f" Add the numbers\ntotal = {one} + {int(other) + (seed % 3 == 0)}\n", END_OF_STEP
        choice = {"index": 0, "text": text, "finish_reason": "stop", "stop_reason": mark}
        return ok({"choices": [choice], "usage": {"prompt_tokens": 900, "completion_tokens": 9}})


def question(a: int, b: int) -> str:
    return f"What is {a} + {b}?"


def training_sums() -> list[tuple[int, int]]:
    """Return eight sums of which the PPM is measured on one and trained on seven."""
    sums = [(number, number + 11) for number in range(10, 200)]
    apart = [one for one in sums if is_held_out(problem_id(question(*one)), HELD_OUT_SHARE)]
    return [*apart[:1], *(one for one in sums if one not in apart)][:8]


def evolve(home: Path, *settings: str) -> None:
    command = [str(Path(sys.executable).with_name("stargrove")), "evolve", "--home", str(home)]
    command += [word for setting in settings for word in ("--set", setting)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("shape", WAYS)
def test_another_model_teaches_an_untaught_base_its_first_round(tmp_path: Path, shape: str) -> None:
    base = write_model(tmp_path / shape, shape)
    if shape == "qwen2":
        write_gguf(base, tmp_path / "model.gguf")
        base = tmp_path / "model.gguf"
    home = tmp_path / "home"
    with running(Adder(context=None, dev_mode=False)) as server:
        for split, sums in (("test", [(1, 2), (3, 4)]), ("validation", [(5, 6), (7, 8)]), ("train", training_sums())):
            rows = [{"problem": question(a, b), "answer": str(a + b)} for a, b in sums]
            (tmp_path / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)))
            assert main(["ingest", str(tmp_path / f"{split}.jsonl"), "--split", split, "--home", str(home)]) == 0
        evolve(home, *SMALL, *WAYS[shape], f"run.base={base}", f"bootstrap.model={server.url}")
        with Warehouse.open(home, WarehouseSettings(), read_only=True) as lake:
            row = lake.round_row(1)
            assert row is not None
            assert row.status == "promoted"
            assert lake.query("select count(distinct problem_id) from trajectories where verdict = 'correct'").item() >= 6
            assert lake.query("select count(*) from sft_examples").item() >= 6
            assert lake.query("select count(*) from preference_pairs").item() >= 1
            policy = lake.current_checkpoint("policy")
            assert policy is not None
            assert lake.query("select count(*) from training_metrics where kind = 'ppm'").item() >= 1
        assert (home / "checkpoints" / row.policy_id / PROMPTING_FILE).exists() or row.policy_id.startswith("bootstrap")
        assert not (home / "checkpoints" / policy.checkpoint_id / PROMPTING_FILE).exists(), "what was taught is not prompted"
