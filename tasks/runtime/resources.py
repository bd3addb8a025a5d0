"""The machinery of this process: one lake, engine, sandbox and grader, opened when first needed and shared by its task runs.

Task runs in threads of one process find the same machinery; a task run on another machine of a cluster opens its own from the
same Site.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from models.checkpoints.mirror import mirror_of
from models.checkpoints.store import CheckpointStore
from models.engines.base import Engine, IdleEngine
from models.engines.kv_cache import kv_cache_tokens
from models.engines.open import open_engine
from models.engines.served import served_model_of, settings_for
from models.training.launch import TrainerHost
from tasks.bootstrap.budget import TokenBudget
from tasks.bootstrap.engine import PromptedEngine
from tasks.bootstrap.prompting import prompting_of
from tasks.domains.registry import DOMAINS
from tasks.grading.base import Grader
from tasks.runtime.obedient_grader import ObedientGrader
from tasks.runtime.plan import Site
from tasks.runtime.progress import Progress, Silence, TreeTally
from tasks.sandbox.host.open import open_sandbox
from tasks.sandbox.host.pool import ForkSandbox
from tasks.search.driver import Machinery
from tasks.search.window import KvCapacity
from warehouse.errors import EngineUnavailable, Interrupted
from warehouse.places.location import Location
from warehouse.stages import ROLLOUT
from warehouse.store.lake import Warehouse


class Resources:
    """What task runs of one process share. Mutable: machinery is opened on first use and closed once, together."""

    def __init__(self, site: Site, progress: Progress) -> None:
        self.site = site
        self.progress = progress
        self.domain = DOMAINS[site.domain]
        self.lake = Warehouse.at(site.location, site.warehouse, token=site.lease_token)
        self.checkpoints = CheckpointStore(site.home / "checkpoints", mirror_of(site.location.checkpoints))
        self._engine: Engine | None = None
        self._engine_settings = site.engine
        self._budget = TokenBudget(site.bootstrap.max_tokens)
        self.tally = TreeTally(progress, ROLLOUT.label, 0)
        self._stopping = threading.Event()
        self._loaded: tuple[str, str | None] | None = None
        self._sandbox: ForkSandbox | None = None
        self._grader: Grader | None = None
        self._trainer_host: TrainerHost | None = None
        self._lending = threading.Condition()
        self._lent: Machinery | None = None
        self._shared_with: tuple[str | None, str | None] | None = None
        self._engine_is_lost = False
        self._n_sharing = 0
        self._opening = threading.Lock()

    @contextmanager
    def machinery(
        self, policy_id: str | None = None, ppm_id: str | None = None, *, shared: bool = False
    ) -> Iterator[Machinery]:
        """Lend engine, sandbox and grader; without a policy, an engine that serves nothing.

        They are lent to one task run at a time, or to all that would share them with these checkpoints: those must use them
        through drivers alone, because whoever polls by himself would take the others' answers.
        """
        wanted = (policy_id, ppm_id) if shared else None
        with self._lending:
            self._lending.wait_for(lambda: self._lent is None or (self._may_join(wanted) and shared))
            self._obey()
            if self._lent is None:
                self._lent = self._opened(policy_id, ppm_id)
                self._shared_with = wanted
            lent = self._lent
            self._n_sharing += 1
        try:
            yield lent
        except EngineUnavailable:
            self._engine_is_lost = True
            raise
        finally:
            self._give_back()

    def _may_join(self, wanted: tuple[str | None, str | None] | None) -> bool:
        return self._shared_with == wanted and not self._engine_is_lost

    def _opened(self, policy_id: str | None, ppm_id: str | None) -> Machinery:
        engine = IdleEngine() if policy_id is None else self._engine_with(policy_id, ppm_id)
        if self._sandbox is None:
            self._sandbox = open_sandbox(self.site.sandbox)
        if self._grader is None:
            self._grader = ObedientGrader(self.domain.open_grader(self.site.grading, self.site.sandbox), self._obey)
        return Machinery(engine, self._sandbox, self._grader, time.perf_counter, self._stopping.is_set)

    def _give_back(self) -> None:
        with self._lending:
            self._n_sharing -= 1
            if self._n_sharing:
                return
            self._lent = self._shared_with = None
            if self._engine_is_lost and self._engine is not None:
                # Whoever tries again gets another one: an engine that gave up does not come back to life.
                self._engine.close()
                self._engine = self._loaded = None
            self._engine_is_lost = False
            self._lending.notify_all()

    def kv_capacity(self, policy_id: str) -> KvCapacity | None:
        """Return what the engine's KV cache holds of this policy's tokens; None where a server's cache is not known."""
        policy = self.checkpoints.get(policy_id).path
        if served_model_of(policy) is not None:
            return None
        return KvCapacity(kv_cache_tokens(self.site.engine, policy), self.site.engine.max_model_len)

    @property
    def sandbox_level(self) -> str | None:
        """The isolation that the open sandbox reached; None before one was opened."""
        return None if self._sandbox is None else self._sandbox.isolation.level

    def _engine_with(self, policy_id: str, ppm_id: str | None) -> Engine:
        policy = self.checkpoints.get(policy_id).path
        ppm = self.checkpoints.get(ppm_id).path if ppm_id else None
        settings = settings_for(self.site.engine, policy)
        if self._engine is not None and self._engine_settings != settings:
            self._engine.close()
            self._engine = None
        if self._engine is None:
            budget = None if settings is self.site.engine else self._budget
            opened_engine = open_engine(settings, policy, ppm, self._stopping.is_set)
            self._engine = PromptedEngine(opened_engine, prompting_of(policy), budget)
            self._engine_settings = settings
        elif self._loaded != (policy_id, ppm_id):
            self._engine.load(policy, ppm)
        self._loaded = (policy_id, ppm_id)
        return self._engine

    def search_begins(self, round_number: int, n_trees: int) -> None:
        """Start counting the trees of a round."""
        self.progress.stage(round_number, ROLLOUT.label, n_trees)
        self.tally = TreeTally(self.progress, ROLLOUT.label, n_trees)

    def stop(self) -> None:
        """Make every running task end within seconds, and let none begin: nothing that they did not commit counts.

        Any thread may call this, also while others wait for an engine, a training or a grade: those raise Interrupted.
        """
        self._stopping.set()
        if self._trainer_host is not None:
            self._trainer_host.stop()

    def _obey(self) -> None:
        if self._stopping.is_set():
            raise Interrupted("the work was stopped", hint="run the same command again: finished shards are not repeated")

    @property
    def trainer_host(self) -> TrainerHost:
        """The process that imports the training libraries while the search runs, and forks a child per training."""
        with self._opening:
            self._obey()
            if self._trainer_host is None:
                self._trainer_host = TrainerHost()
                self._trainer_host.start()
            return self._trainer_host

    def close(self) -> None:
        """End every process and give back memory; the lake is closed last."""
        for machine in (self._engine, self._sandbox, self._grader, self._trainer_host):
            if machine is not None:
                machine.close()
        self.lake.close()


_opened: dict[Location, Resources] = {}
"""By the place of the lake: a task run in a thread of Prefect gets a Site, and nothing that is open."""
_registry = threading.Lock()


def resources_of(site: Site) -> Resources:
    """Return this process's machinery for the site, opening what was not open yet."""
    with _registry:
        if site.location not in _opened:
            _opened[site.location] = Resources(site, Silence())
        return _opened[site.location]


@contextmanager
def opened(site: Site, progress: Progress) -> Iterator[Resources]:
    """Open the machinery for a site in this process, reporting to `progress`, and close it at the end."""
    resources = Resources(site, progress)
    with _registry:
        _opened[site.location] = resources
    try:
        yield resources
    finally:
        with _registry:
            del _opened[site.location]
        resources.close()
