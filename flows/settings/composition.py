"""The settings of an evolution as one frozen value. Defaults are those of the profile tiny-cpu."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.engines.settings import EngineSettings
from models.scratch.settings import BaseSettings
from models.training.settings import PpmSettings, SftSettings
from tasks.annotation.settings import AnnotationSettings
from tasks.bootstrap.settings import BootstrapSettings
from tasks.evaluation.settings import EvaluationSettings
from tasks.grading.settings import GradingSettings
from tasks.problems.settings import ProblemsSettings
from tasks.sandbox.settings import SandboxSettings
from tasks.search.settings import SearchSettings
from warehouse.gates.settings import GateSettings
from warehouse.settings import WarehouseSettings


class RunSettings(BaseModel):
    """What holds for the evolution as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="tiny", min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
    """Stands before the names of flow runs and in the keys of artifacts."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Every other seed of the loop is a hash of this one and of ids."""
    n_rounds: int = Field(default=4, ge=1, le=64)
    """Rounds to run: the first so many tables of [[rounds]]. The paper: 4."""
    base: str = Field(default="tiny", min_length=1)
    """The base model that every round's policy starts from: "tiny" is the shipped one, else a model's name, directory or GGUF
    file."""
    shard_size: int = Field(default=200, ge=1, le=100_000)
    """Problems of one shard, which is one task run and one commit. Aim at 1 to 10 minutes per shard."""


class RoundSettings(BaseModel):
    """What one round does differently; what is left out is as in the sections [search] and [sft]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_rollouts: int | None = Field(default=None, ge=1, le=1024)
    """As search.n_rollouts."""
    n_candidates: int | None = Field(default=None, ge=1, le=256)
    """As search.n_candidates."""
    n_extra_rollouts: int | None = Field(default=None, ge=0, le=1024)
    """As search.n_extra_rollouts: further rollouts for trees that are not solved."""
    n_trees: int | None = Field(default=None, ge=1, le=64)
    """As search.n_trees."""
    q_source: Literal["terminal", "ppm"] | None = None
    """As search.q_source."""
    sft_learning_rate: float | None = Field(default=None, gt=0, le=1)
    """As sft.learning_rate."""
    sft_n_epochs: int | None = Field(default=None, ge=1)
    """As sft.n_epochs."""


def _tiny_rounds() -> tuple[RoundSettings, ...]:
    first = RoundSettings(n_rollouts=8, q_source="terminal")
    second = RoundSettings(n_rollouts=16, q_source="terminal")
    third = RoundSettings(n_rollouts=16, q_source="ppm", sft_n_epochs=5)
    fourth = RoundSettings(n_rollouts=16, n_extra_rollouts=32, n_candidates=8, q_source="ppm", sft_n_epochs=6)
    return (first, second, third, fourth)


class Settings(BaseModel):
    """Everything that decides what an evolution does. One section per package, and one table per round."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: RunSettings = RunSettings()
    problems: ProblemsSettings = ProblemsSettings()
    bootstrap: BootstrapSettings = BootstrapSettings()
    search: SearchSettings = SearchSettings()
    sandbox: SandboxSettings = SandboxSettings()
    grading: GradingSettings = GradingSettings()
    annotation: AnnotationSettings = AnnotationSettings()
    engine: EngineSettings = EngineSettings()
    base: BaseSettings = BaseSettings()
    sft: SftSettings = SftSettings()
    ppm: PpmSettings = PpmSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    warehouse: WarehouseSettings = WarehouseSettings()
    gates: GateSettings = GateSettings()
    rounds: tuple[RoundSettings, ...] = Field(default_factory=_tiny_rounds, min_length=1, max_length=64)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.run.n_rounds > len(self.rounds):
            raise ValueError(
                f"run.n_rounds = {self.run.n_rounds}: only {len(self.rounds)} tables of [[rounds]] say what a round does"
            )
        if self.search_of(1).q_source == "ppm":
            raise ValueError('rounds.1.q_source = "ppm": no PPM is trained before round 1 ends; it must be "terminal"')
        if self.search.max_step_tokens >= self.engine.max_model_len:
            limit = f"engine.max_model_len = {self.engine.max_model_len}"
            raise ValueError(f"search.max_step_tokens = {self.search.max_step_tokens}: must be less than {limit}")
        return self

    def search_of(self, round_number: int) -> SearchSettings:
        """Return how a round searches; rounds count from 1."""
        names = ("n_rollouts", "n_candidates", "n_extra_rollouts", "n_trees", "q_source")
        chosen = self.rounds[round_number - 1].model_dump(include=set(names), exclude_none=True)
        return self.search.model_copy(update=chosen)

    def sft_of(self, round_number: int) -> SftSettings:
        """Return how a round's policy is trained; rounds count from 1."""
        chosen = self.rounds[round_number - 1].model_dump(include={"sft_learning_rate", "sft_n_epochs"}, exclude_none=True)
        return self.sft.model_copy(update={name.removeprefix("sft_"): value for name, value in chosen.items()})
