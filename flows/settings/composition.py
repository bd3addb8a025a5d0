"""The settings of an evolution as one frozen value. Defaults are those of the profile tiny-cpu."""

from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from flows.settings.tables import Table
from models.engines.settings import EngineSettings
from models.scratch.settings import BaseSettings
from models.training.settings import PpmSettings, SftSettings
from tasks.annotation.settings import AnnotationSettings
from tasks.bootstrap.settings import BootstrapSettings
from tasks.domains.settings import ProblemsSettings
from tasks.evaluation.settings import EvaluationSettings
from tasks.grading.settings import GradingSettings
from tasks.sandbox.settings import SandboxSettings
from tasks.search.settings import SearchSettings
from warehouse.gates.settings import GateSettings
from warehouse.no_data import OUTSIDE, SPEED
from warehouse.settings import WarehouseSettings


class RunSettings(BaseModel):
    """What holds for the evolution as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, SPEED] = Field(default="tiny", min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
    """Stands before the names of flow runs and in the keys of artifacts."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Every other seed of the loop is a hash of this one and of ids."""
    n_rounds: Annotated[int, OUTSIDE] = Field(default=4, ge=1, le=64)
    """Rounds to run: the first so many tables of [[rounds]]. The paper: 4."""
    base: str = Field(default="tiny", min_length=1)
    """The base model that every round's policy starts from: "tiny" is the shipped one, else a model's name, directory or GGUF
    file."""
    shard_size: int = Field(default=200, ge=1, le=100_000)
    """Problems of one shard, which is one task run and one commit. Aim at 1 to 10 minutes per shard."""


class RoundSettings(BaseModel):
    """How one round searches and trains its policy: as the sections [search] and [sft] say, but for what its table changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    search: SearchSettings
    sft: SftSettings


PER_ROUND: Final = tuple(RoundSettings.model_fields)
"""The sections that a table of [[rounds]] may change."""

TINY_ROUNDS: Final[list[Table]] = [
    {"search": {"n_rollouts": 8}},
    {"search": {"n_rollouts": 16}},
    {"search": {"n_rollouts": 16, "q_source": "ppm"}, "sft": {"n_epochs": 5}},
    {"search": {"n_rollouts": 16, "n_extra_rollouts": 32, "n_candidates": 8, "q_source": "ppm"}, "sft": {"n_epochs": 6}},
]
"""What each round of the profile tiny-cpu changes; why, that file says."""


class Settings(BaseModel):
    """Everything that decides what an evolution does. One section per package, and one table per round.

    A round is read, written and stored as what it changes; in memory its sections are whole.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: RunSettings = RunSettings()
    problems: ProblemsSettings = ProblemsSettings()
    bootstrap: BootstrapSettings = BootstrapSettings()
    search: SearchSettings = SearchSettings()
    sandbox: SandboxSettings = SandboxSettings()
    grading: GradingSettings = GradingSettings()
    annotation: AnnotationSettings = AnnotationSettings()
    engine: EngineSettings = EngineSettings()
    base: Annotated[BaseSettings, OUTSIDE] = BaseSettings()
    sft: SftSettings = SftSettings()
    ppm: PpmSettings = PpmSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    warehouse: Annotated[WarehouseSettings, SPEED] = WarehouseSettings()
    gates: Annotated[GateSettings, OUTSIDE] = GateSettings()
    rounds: tuple[RoundSettings, ...] = Field(default=(), max_length=64)

    @model_validator(mode="before")
    @classmethod
    def _rounds_change_their_sections(cls, content: Table) -> Table:
        rounds = content.get("rounds", TINY_ROUNDS)
        if not isinstance(rounds, list):
            return content
        return {**content, "rounds": [_whole(table, content) for table in rounds]}

    @model_serializer(mode="wrap")
    def _rounds_as_changes(self, handler: SerializerFunctionWrapHandler) -> Table:
        content: Table = handler(self)
        return {**content, "rounds": [_changes(table, content) for table in content["rounds"]]}

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.run.n_rounds > len(self.rounds):
            raise ValueError(
                f"run.n_rounds = {self.run.n_rounds}: only {len(self.rounds)} tables of [[rounds]] say what a round does"
            )
        if self.search_of(1).q_source == "ppm":
            raise ValueError('rounds.1.search.q_source = "ppm": no PPM is trained before round 1 ends; it must be "terminal"')
        if self.search.max_step_tokens >= self.engine.max_model_len:
            limit = f"engine.max_model_len = {self.engine.max_model_len}"
            raise ValueError(f"search.max_step_tokens = {self.search.max_step_tokens}: must be less than {limit}")
        return self

    def search_of(self, round_number: int) -> SearchSettings:
        """Return how a round searches; rounds count from 1."""
        return self.rounds[round_number - 1].search

    def sft_of(self, round_number: int) -> SftSettings:
        """Return how a round's policy is trained; rounds count from 1."""
        return self.rounds[round_number - 1].sft


def _whole(table: Any, content: Table) -> Any:
    """Return a table of [[rounds]] with whole sections; what is no table is left as it is, for pydantic to refuse."""
    if not isinstance(table, dict):
        return table
    return {**table, **{name: _changed(content.get(name, {}), table.get(name, {})) for name in PER_ROUND}}


def _changed(section: Any, changes: Any) -> Any:
    return {**section, **changes} if isinstance(section, dict) and isinstance(changes, dict) else changes


def _changes(table: Table, content: Table) -> Table:
    """Return what of a round's whole sections is not as in the sections themselves."""
    changed = {name: {key: value for key, value in part.items() if value != content[name][key]} for name, part in table.items()}
    return {name: part for name, part in changed.items() if part}
