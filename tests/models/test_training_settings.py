"""Settings of the trainings, and jobs as files."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from models.training.job import TrainingJob
from models.training.settings import PpmSettings, SftSettings
from warehouse.no_data import neutral_fields


def policy_job(tmp_path: Path, **changes: object) -> TrainingJob:
    examples = tmp_path / "sft.parquet"
    examples.write_bytes(b"rows")
    fields: dict[str, object] = {
        "kind": "policy",
        "start_dir": tmp_path / "base-1",
        "work_dir": tmp_path / "work",
        "settings": SftSettings(),
        "seed": 3,
        "examples": examples,
        "observed": ("<", ">"),
    }
    return TrainingJob.model_validate(fields | changes)


def test_a_batch_is_whole_micro_batches() -> None:
    with pytest.raises(ValidationError, match="batch_size = 10 must be a multiple of micro_batch_size = 4"):
        SftSettings(batch_size=10, micro_batch_size=4)


@pytest.mark.parametrize("settings_type", [SftSettings, PpmSettings])
def test_unknown_settings_are_refused(settings_type: type[SftSettings | PpmSettings]) -> None:
    with pytest.raises(ValidationError):
        settings_type.model_validate({"learning_rat": 1e-4})


def test_a_job_file_is_read_back_as_it_was(tmp_path: Path) -> None:
    job = policy_job(tmp_path, settings=SftSettings(learning_rate=1e-4))
    assert TrainingJob.model_validate_json(job.model_dump_json()) == job
    inputs = {"nodes": tmp_path / "n", "pairs": tmp_path / "p"}
    ppm = TrainingJob(kind="ppm", start_dir=tmp_path, work_dir=tmp_path, settings=PpmSettings(), seed=0, **inputs)
    assert TrainingJob.model_validate_json(ppm.model_dump_json()) == ppm


def test_a_job_names_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="needs examples and observed"):
        policy_job(tmp_path, examples=None, observed=None)
    with pytest.raises(ValidationError, match="needs SftSettings"):
        policy_job(tmp_path, settings=PpmSettings())


@pytest.mark.parametrize("change", [{"seed": 4}, {"settings": SftSettings(n_epochs=9)}, {"start_dir": Path("base-2")}])
def test_the_fingerprint_follows_what_decides_the_weights(tmp_path: Path, change: dict[str, object]) -> None:
    assert policy_job(tmp_path).fingerprint() != policy_job(tmp_path, **change).fingerprint()
    assert policy_job(tmp_path).fingerprint() == policy_job(tmp_path, work_dir=tmp_path / "elsewhere").fingerprint()


def test_a_setting_that_came_later_leaves_the_fingerprint_of_jobs_begun_before(tmp_path: Path) -> None:
    (tmp_path / "n").write_bytes(b"n")
    (tmp_path / "p").write_bytes(b"p")
    before, after = (
        TrainingJob(
            kind="ppm",
            start_dir=tmp_path,
            work_dir=tmp_path,
            settings=PpmSettings(repeated_pairs=repeated_pairs),
            seed=0,
            nodes=tmp_path / "n",
            pairs=tmp_path / "p",
        )
        for repeated_pairs in ("all", "once")
    )
    assert "repeated_pairs" not in before.settings.model_dump_json(exclude=neutral_fields(before.settings))
    assert before.fingerprint() != after.fingerprint()


def test_the_fingerprint_follows_the_data(tmp_path: Path) -> None:
    before = policy_job(tmp_path).fingerprint()
    job = policy_job(tmp_path)
    assert job.examples is not None
    job.examples.write_bytes(b"other rows")
    assert job.fingerprint() != before
