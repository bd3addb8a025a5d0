"""What a training is asked to do, what it reports and what it leaves behind. No torch here: parents import this.

    work_dir/job.json       the job, as the training process reads it
    work_dir/training.log   all that the process and its libraries print
    work_dir/trainer-*/     resume points of this very job
    work_dir/model/         the result: configuration, weights and tokenizer, nothing else
    work_dir/outcome.json   final metrics, progress, and the fingerprint of the job that produced model/

outcome.json is written last, so a work_dir that has one holds a whole model.
"""

import hashlib
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from models.training.settings import PpmSettings, SftSettings
from warehouse.no_data import neutral_fields

TrainingKind = Literal["policy", "ppm"]
"""What is trained: a policy, by SFT, or a PPM."""


class TrainingJob(BaseModel):
    """One training: where it starts, what it reads, how it trains and where it leaves the result."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: TrainingKind
    start_dir: Path
    """Checkpoint that training starts from: the base for a policy, the round's policy for a PPM."""
    work_dir: Path
    """Directory of this job alone; created if missing."""
    settings: SftSettings | PpmSettings
    seed: int
    examples: Path | None = None
    """policy: Parquet with problem_id, prompt, completion."""
    nodes: Path | None = None
    """ppm: Parquet with tree_id, problem_id, node_id, parent_id, text; for orm and pqm also verdict, q_value."""
    pairs: Path | None = None
    """ppm: Parquet with problem_id, kind, weight and the tree and node ids of chosen and rejected."""
    observed: tuple[str, str] | None = None
    """policy: how an observed output block opens and closes; what lies between was printed by code and is not learned."""

    @model_validator(mode="after")
    def _inputs_fit_the_kind(self) -> Self:
        settings_type = {"policy": SftSettings, "ppm": PpmSettings}[self.kind]
        if not isinstance(self.settings, settings_type):
            raise ValueError(f"a job of kind {self.kind!r} needs {settings_type.__name__}, not {type(self.settings).__name__}")
        needed = ("examples", "observed") if self.kind == "policy" else ("nodes", "pairs")
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a job of kind {self.kind!r} needs {' and '.join(missing)}")
        return self

    def fingerprint(self) -> str:
        """Return the hash of all that decides the resulting weights: settings, seed, data and the checkpoint to start from.

        Checkpoints are immutable and named by their content, so the name of start_dir stands for its bytes.
        """
        digest = hashlib.sha256()
        settings = self.settings.model_dump_json(exclude=neutral_fields(self.settings))
        for part in (self.kind, settings, str(self.seed), self.start_dir.name, repr(self.observed)):
            digest.update(part.encode() + b"\0")
        for path in (self.examples, self.nodes, self.pairs):
            if path is not None:
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    @property
    def model_dir(self) -> Path:
        """Where the trained model will lie."""
        return self.work_dir / "model"

    @property
    def resume_dir(self) -> Path:
        """Where resume points of this very job lie."""
        return self.work_dir / f"trainer-{self.fingerprint()[:12]}"

    @property
    def log_path(self) -> Path:
        """Where the training process and its libraries print."""
        return self.work_dir / "training.log"


class TrainingMetric(BaseModel):
    """Progress after an optimizer step, as means since the last report; its numbers are rows of `training_metrics`.

    accuracy: of next tokens for a policy, of pairs for a PPM. ppm_pair_accuracy: of held-out pairs, at the end of epochs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: TrainingKind
    step: int
    n_steps: int
    epoch: float
    loss: float
    accuracy: float
    learning_rate: float
    n_tokens: int
    elapsed_seconds: float
    ppm_pair_accuracy: float | None = None


class TrainingOutcome(BaseModel):
    """A finished training: the directory of the model, its final metrics, its progress and the fingerprint of the job."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_dir: Path
    metrics: dict[str, float]
    curve: tuple[TrainingMetric, ...]
    """All that was reported on the way (since the last resume point), for a parent that died before it could keep it."""
    fingerprint: str


def finished_outcome(job: TrainingJob) -> TrainingOutcome | None:
    """Return the outcome that an earlier run of this very job left in its work_dir, or None."""
    path = job.work_dir / "outcome.json"
    if not path.exists():
        return None
    outcome = TrainingOutcome.model_validate_json(path.read_text())
    whole = (job.model_dir / "config.json").exists() and outcome.fingerprint == job.fingerprint()
    return outcome.model_copy(update={"model_dir": job.model_dir}) if whole else None
