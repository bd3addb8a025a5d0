"""Trainings as processes: deterministic, watched, killed when left, never half published."""

import hashlib
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.training.job import TrainingJob, TrainingMetric
from models.training.launch import TrainerHost, run_training
from models.training.settings import PpmSettings, SftSettings
from tasks.search.format import END_OF_OUTPUT, OUTPUT, observed, prompt
from warehouse.errors import Interrupted, TrainingFailed

pytestmark = pytest.mark.integration

STEPS = ("\n# a\na=1\n<end_of_step>", "\n# a\na=2\n<end_of_step>")


@pytest.fixture(scope="module")
def host() -> Iterator[TrainerHost]:
    with TrainerHost() as running:
        yield running


@pytest.fixture
def sft_job(tmp_path: Path, random_policy: Path) -> TrainingJob:
    rows = [
        {"problem_id": str(n), "prompt": prompt(f"q{n}"), "completion": f"{STEPS[0]}{observed('1')}\n<answer>{n}"}
        for n in range(24)
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "sft.parquet")
    return TrainingJob(
        kind="policy",
        start_dir=random_policy,
        work_dir=tmp_path / "sft",
        settings=SftSettings(n_epochs=2, batch_size=4, micro_batch_size=4, n_threads=1),
        seed=11,
        examples=tmp_path / "sft.parquet",
        observed=(f"\n{OUTPUT}", END_OF_OUTPUT),
    )


@pytest.fixture
def ppm_job(tmp_path: Path, random_policy: Path) -> TrainingJob:
    nodes, pairs = [], []
    for n in range(30):
        texts = [(None, prompt(f"q{n}")), (0, STEPS[0]), (0, STEPS[1])]
        nodes += [
            {"tree_id": f"t{n}", "problem_id": str(n), "node_id": index, "parent_id": parent, "text": text}
            for index, (parent, text) in enumerate(texts)
        ]
        pairs.append(
            {"problem_id": str(n), "kind": "step", "weight": 1.0, "chosen_q": 1.0, "rejected_q": -1.0}
            | {"chosen_tree_id": f"t{n}", "chosen_node_id": 1, "rejected_tree_id": f"t{n}", "rejected_node_id": 2}
        )
    pq.write_table(pa.Table.from_pylist(nodes), tmp_path / "nodes.parquet")
    pq.write_table(pa.Table.from_pylist(pairs), tmp_path / "pairs.parquet")
    return TrainingJob(
        kind="ppm",
        start_dir=random_policy,
        work_dir=tmp_path / "ppm",
        settings=PpmSettings(n_epochs=2, batch_size=4, n_threads=1),
        seed=12,
        nodes=tmp_path / "nodes.parquet",
        pairs=tmp_path / "pairs.parquet",
    )


def weights_of(model_dir: Path) -> str:
    return hashlib.sha256((model_dir / "model.safetensors").read_bytes()).hexdigest()


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def ends(pid: int, within_seconds: float) -> bool:
    limit = time.monotonic() + within_seconds
    while is_running(pid) and time.monotonic() < limit:
        time.sleep(0.05)
    return not is_running(pid)


def test_a_fork_and_a_plain_process_give_the_same_bytes(sft_job: TrainingJob, host: TrainerHost) -> None:
    metrics: list[TrainingMetric] = []
    outcome = run_training(sft_job, metrics.append, host)
    assert [metric.step for metric in metrics] == sorted({metric.step for metric in metrics})
    assert metrics[-1].step == metrics[-1].n_steps == 12
    assert metrics[-1].loss < metrics[0].loss
    assert outcome.metrics["n_examples"] == 24
    assert sorted(path.name for path in outcome.model_dir.iterdir()) == [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    forked = weights_of(outcome.model_dir)
    command = [sys.executable, "-m", "models.training.run", str(sft_job.work_dir / "job.json")]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert [TrainingMetric.model_validate_json(line).step for line in lines[:-1]] == [metric.step for metric in metrics]
    assert weights_of(outcome.model_dir) == forked


def test_a_training_of_a_single_step_learns_something(sft_job: TrainingJob, host: TrainerHost) -> None:
    settings = SftSettings(n_epochs=1, batch_size=24, micro_batch_size=24, n_threads=1)
    outcome = run_training(sft_job.model_copy(update={"settings": settings}), lambda _: None, host)
    assert outcome.metrics["n_steps"] == 1
    assert weights_of(outcome.model_dir) != weights_of(sft_job.start_dir)


def test_a_head_of_zeros_begins_undecided_and_learns(ppm_job: TrainingJob, host: TrainerHost) -> None:
    settings = ppm_job.settings.model_copy(update={"head_init": "zero"})
    metrics: list[TrainingMetric] = []
    run_training(ppm_job.model_copy(update={"settings": settings}), metrics.append, host)
    assert metrics[0].loss == pytest.approx(math.log(2), abs=1e-6)
    assert metrics[-1].loss < metrics[0].loss


def test_a_finished_training_is_not_done_again(ppm_job: TrainingJob, host: TrainerHost) -> None:
    first: list[TrainingMetric] = []
    outcome = run_training(ppm_job, first.append, host)
    written = (outcome.model_dir / "model.safetensors").stat().st_mtime_ns
    again: list[TrainingMetric] = []
    assert run_training(ppm_job, again.append, host) == outcome
    assert again == first
    assert (outcome.model_dir / "model.safetensors").stat().st_mtime_ns == written


def test_a_trained_ppm_prefers_the_chosen_and_loads_for_classification(ppm_job: TrainingJob, host: TrainerHost) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    outcome = run_training(ppm_job, lambda metric: None, host)
    assert outcome.metrics["ppm_pair_accuracy"] == 1.0
    assert outcome.metrics["n_held_out_problems"] == outcome.metrics["n_held_out_pairs"] > 0
    assert outcome.metrics["n_packed_tokens"] < outcome.metrics["n_separate_tokens"]
    model = AutoModelForSequenceClassification.from_pretrained(outcome.model_dir)
    tokenizer = AutoTokenizer.from_pretrained(outcome.model_dir)
    assert (model.config.num_labels, model.config.pad_token_id) == (1, tokenizer.pad_token_id)
    batch = tokenizer([prompt("q7") + step for step in STEPS], return_tensors="pt", padding=True)
    with torch.no_grad():
        chosen, rejected = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits.flatten().tolist()
    assert chosen > rejected


def children_of(host: TrainerHost) -> list[int]:
    return [int(child) for child in Path(f"/proc/{host.pid}/task/{host.pid}/children").read_text().split()]


def test_a_killed_training_is_tried_thrice_and_then_told_in_one_line(
    ppm_job: TrainingJob, tmp_path: Path, host: TrainerHost
) -> None:
    undisturbed = run_training(ppm_job.model_copy(update={"work_dir": tmp_path / "other"}), lambda metric: None, host)
    killed: list[int] = []
    said: list[str] = []

    def kill_the_job(metric: TrainingMetric) -> None:
        if children_of(host)[0] not in killed:
            killed.extend(children_of(host))
            os.kill(killed[-1], 9)

    with pytest.raises(TrainingFailed) as failed:
        run_training(ppm_job, kill_the_job, host, said.append)
    assert failed.value.message == "the ppm training was killed by SIGKILL, 3 times in a row"
    assert "out of memory" in failed.value.hint and str(ppm_job.log_path) in failed.value.hint
    assert len(killed) == 3
    assert said == [
        "the ppm training was killed by SIGKILL: it begins anew (attempt 2 of 3)",
        "the ppm training was killed by SIGKILL: it begins anew (attempt 3 of 3)",
    ]
    assert [line for line in ppm_job.log_path.read_text().splitlines() if line.startswith("stargrove: ")] == [
        f"stargrove: {line}" for line in said
    ]
    assert not (ppm_job.work_dir / "outcome.json").exists()
    assert weights_of(run_training(ppm_job, lambda metric: None, host).model_dir) == weights_of(undisturbed.model_dir)


def test_a_training_that_is_killed_once_goes_on_from_its_last_resume_point(
    sft_job: TrainingJob, tmp_path: Path, host: TrainerHost
) -> None:
    undisturbed = run_training(sft_job.model_copy(update={"work_dir": tmp_path / "other"}), lambda metric: None, host)
    settings = SftSettings(n_epochs=2, batch_size=4, micro_batch_size=4, n_threads=1, checkpoint_minutes=1e-6)
    job = sft_job.model_copy(update={"settings": settings})
    steps: list[int] = []
    said: list[str] = []

    def kill_in_the_middle(metric: TrainingMetric) -> None:
        steps.append(metric.step)
        if metric.step >= 6 and not said:
            os.kill(children_of(host)[0], 9)

    outcome = run_training(job, kill_in_the_middle, host, said.append)
    assert said == ["the policy training was killed by SIGKILL: it goes on from its last resume point (attempt 2 of 3)"]
    assert 1 not in steps[1:], "what lies before the resume point is not trained again"
    assert weights_of(outcome.model_dir) == weights_of(undisturbed.model_dir)


def test_a_training_whose_host_is_killed_is_given_to_another(ppm_job: TrainingJob, tmp_path: Path) -> None:
    said: list[str] = []
    with TrainerHost() as own:
        undisturbed = run_training(ppm_job.model_copy(update={"work_dir": tmp_path / "other"}), lambda metric: None, own)
        hosts = [own.pid]

        def kill_the_host(metric: TrainingMetric) -> None:
            if own.pid == hosts[0]:
                os.kill(hosts[0], 9)

        outcome = run_training(ppm_job, kill_the_host, own, said.append)
        assert own.pid not in hosts
    assert said == ["the ppm training lost its host, which was killed by SIGKILL: it begins anew (attempt 2 of 3)"]
    assert weights_of(outcome.model_dir) == weights_of(undisturbed.model_dir)


def test_a_training_that_is_killed_after_a_stop_is_not_tried_again(ppm_job: TrainingJob) -> None:
    said: list[str] = []
    with TrainerHost() as own:

        def stop_it(metric: TrainingMetric) -> None:
            own.stop()

        with pytest.raises(Interrupted):
            run_training(ppm_job, stop_it, own, said.append)
        assert own.pid is None
    assert said == []


def test_an_interrupt_kills_the_training(ppm_job: TrainingJob, host: TrainerHost) -> None:
    pids: list[int] = []

    def interrupt(metric: TrainingMetric) -> None:
        pids.extend(children_of(host))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_training(ppm_job, interrupt, host)
    assert pids and all(ends(pid, within_seconds=10) for pid in pids)


def test_another_thread_stops_a_training_and_all_that_come_after(ppm_job: TrainingJob) -> None:
    pids: list[int] = []

    with TrainerHost() as own:

        def stop_it(metric: TrainingMetric) -> None:
            if not pids:
                pids.extend(children_of(own))
                threading.Thread(target=own.stop).start()

        endless = ppm_job.model_copy(update={"settings": PpmSettings(n_epochs=500, n_threads=1)})
        with pytest.raises(Interrupted):
            run_training(endless, stop_it, own)
        assert pids and all(ends(pid, within_seconds=10) for pid in pids)
        with pytest.raises(Interrupted):
            run_training(ppm_job, stop_it, own)
        assert own.pid is None


def test_a_failure_shows_the_end_of_its_log_and_where_it_is(sft_job: TrainingJob, host: TrainerHost) -> None:
    job = sft_job.model_copy(update={"start_dir": sft_job.work_dir / "nowhere"})
    said: list[str] = []
    with pytest.raises(TrainingFailed, match="nowhere") as caught:
        run_training(job, lambda metric: None, host, said.append)
    assert said == [], "it would fail in the same way again"
    assert str(job.log_path) in caught.value.hint
    assert "Traceback" in job.log_path.read_text()


def test_nothing_to_train_on_is_said_in_one_line(sft_job: TrainingJob, host: TrainerHost) -> None:
    job = sft_job.model_copy(update={"settings": SftSettings(max_length=3, n_threads=1)})
    with pytest.raises(TrainingFailed, match="no SFT example is left to train on: 24 are longer than 3 tokens"):
        run_training(job, lambda metric: None, host)


def test_a_resume_point_gives_the_same_bytes_and_a_torn_one_is_ignored(sft_job: TrainingJob, host: TrainerHost) -> None:
    settings = SftSettings(n_epochs=2, batch_size=4, micro_batch_size=2, n_threads=1, checkpoint_minutes=1e-6)
    job = sft_job.model_copy(update={"settings": settings})
    undisturbed = weights_of(run_training(job, lambda metric: None, host).model_dir)
    (resume_points,) = job.work_dir.glob("trainer-*")
    assert sorted(path.name for path in resume_points.iterdir() if path.is_dir()) == ["checkpoint-10", "checkpoint-11"]
    (resume_points / "checkpoint-11" / "trainer_state.json").write_text('{"epoch": 2.')
    (job.work_dir / "outcome.json").unlink()
    metrics: list[TrainingMetric] = []
    assert weights_of(run_training(job, metrics.append, host).model_dir) == undisturbed
    assert metrics[0].step > 10


def test_adapters_are_merged_into_what_is_saved(sft_job: TrainingJob, ppm_job: TrainingJob, host: TrainerHost) -> None:
    from safetensors import safe_open

    sft_settings = SftSettings(n_epochs=2, batch_size=4, micro_batch_size=4, lora_rank=4, packing="tree", n_threads=1)
    policy = run_training(sft_job.model_copy(update={"settings": sft_settings}), lambda metric: None, host)
    ppm_settings = PpmSettings(n_epochs=2, batch_size=4, lora_rank=4, n_threads=1)
    ppm = run_training(ppm_job.model_copy(update={"settings": ppm_settings}), lambda metric: None, host)

    def tensors(directory: Path) -> dict[str, bytes]:
        with safe_open(directory / "model.safetensors", "pt") as file:
            return {name: file.get_tensor(name).numpy().tobytes() for name in file.keys()}  # noqa: SIM118

    before, after, scorer = tensors(sft_job.start_dir), tensors(policy.model_dir), tensors(ppm.model_dir)
    assert after.keys() == before.keys() and scorer.keys() == before.keys() | {"score.weight"}
    changed = {name for name in before if before[name] != after[name]}
    assert changed and all("proj" in name for name in changed), "linear layers alone have adapters"


def test_nothing_outlives_a_killed_parent(ppm_job: TrainingJob) -> None:
    job = ppm_job.model_copy(update={"settings": PpmSettings(n_epochs=500, n_threads=1)})
    job.work_dir.mkdir()
    job_path = job.work_dir / "parent.json"
    job_path.write_text(job.model_dump_json())
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(job_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2 and all(map(is_running, pids))
    parent.kill()
    assert all(ends(pid, within_seconds=20) for pid in pids)
    parent.wait()
    parent.stdout.close()


PARENT = """
import sys
from pathlib import Path
from models.training.job import TrainingJob
from models.training.launch import TrainerHost, run_training

host = TrainerHost()
def report(metric):
    print(host.pid, Path(f"/proc/{host.pid}/task/{host.pid}/children").read_text(), flush=True)
run_training(TrainingJob.model_validate_json(Path(sys.argv[1]).read_text()), report, host)
"""
