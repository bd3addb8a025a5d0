"""What a task run is told: where the factory stands, and how this round works. Frozen, small, and the same on any machine."""

from pathlib import Path

import prefect.runtime
from pydantic import BaseModel, ConfigDict

from models.engines.settings import EngineSettings
from models.training.settings import PpmSettings, SftSettings
from tasks.annotation.settings import AnnotationSettings
from tasks.bootstrap.settings import BootstrapSettings
from tasks.evaluation.settings import EvaluationSettings
from tasks.grading.settings import GradingSettings
from tasks.sandbox.settings import SandboxSettings
from tasks.search.settings import SearchSettings
from warehouse.gates.settings import GateSettings
from warehouse.places.location import Location
from warehouse.records import Batch
from warehouse.settings import WarehouseSettings
from warehouse.stages import Stage


class Site(BaseModel):
    """Where the factory stands: its home, where the home's lake was found, the kind of its problems, and the machinery here.

    lease_token: under which every process that works for this evolution commits, where several machines share the lake.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    location: Location
    lease_token: int | None = None
    domain: str = "mathematics"
    warehouse: WarehouseSettings
    engine: EngineSettings
    sandbox: SandboxSettings
    grading: GradingSettings
    bootstrap: BootstrapSettings = BootstrapSettings()

    @property
    def home(self) -> Path:
        """The home directory, as an absolute path."""
        return self.location.home


class RoundPlan(BaseModel):
    """How one round works. Round 0 is the base model, which is only evaluated.

    set_aside: earlier rounds that it does not build on, because an earlier one was made current again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    site: Site
    round: int
    run_seed: int
    fingerprint: str
    code_version: str
    search: SearchSettings
    annotation: AnnotationSettings
    sft: SftSettings
    ppm: PpmSettings
    evaluation: EvaluationSettings
    gates: GateSettings
    set_aside: tuple[int, ...] = ()

    @property
    def left_out(self) -> dict[str, str]:
        """The parameter that keeps rounds which this one does not build on out of a shipped statement; none where it builds on
        all."""
        return {"set_aside": ",".join(map(str, self.set_aside))} if self.set_aside else {}

    def batch(self, stage: Stage, shard: str = "all") -> Batch:
        """Return the ledger entry of what the running task is about to commit."""
        return Batch(
            round=self.round,
            stage=stage.name,
            shard=shard,
            fingerprint=self.fingerprint,
            code_version=self.code_version,
            flow_run_id=prefect.runtime.flow_run.id,
            task_run_id=prefect.runtime.task_run.id,
        )


class Shard(BaseModel):
    """A fixed set of training problems for one task run: positions [start, stop) in the order of their ids."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    start: int
    stop: int


def shards(n_problems: int, shard_size: int) -> list[Shard]:
    """Return shards of at most shard_size problems that together hold each of n_problems once."""
    starts = range(0, n_problems, shard_size)
    return [Shard(name=f"{i:03d}", start=start, stop=min(start + shard_size, n_problems)) for i, start in enumerate(starts)]
