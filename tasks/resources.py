"""The machinery of this process: one lake, engine, sandbox and grader, opened when first needed and shared by its task runs.

Task runs in threads of one process find the same machinery; a task run on another machine of a cluster opens its own from the
same Site.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.checkpoints import CheckpointStore
from models.engine import Engine
from models.open_engine import open_engine
from models.training.launch import TrainerHost
from tasks.grading.base import Grader
from tasks.grading.grader import open_grader
from tasks.plan import Site
from tasks.progress import Progress, Silence, TreeTally
from tasks.sandbox.open_sandbox import open_sandbox
from tasks.sandbox.pool import ForkSandbox
from tasks.search.driver import Machinery
from warehouse.store import Warehouse


class Resources:
    """What task runs of one process share. Mutable: machinery is opened on first use and closed once, together."""

    def __init__(self, site: Site, progress: Progress) -> None:
        self.site = site
        self.progress = progress
        self.checkpoints = CheckpointStore(site.home / "checkpoints")
        self.lake = Warehouse.open(site.home, site.warehouse)
        self._engine: Engine | None = None
        self.tally = TreeTally(progress, 0)
        self.stopping = threading.Event()
        self._loaded: tuple[str, str | None] | None = None
        self._sandbox: ForkSandbox | None = None
        self._grader: Grader | None = None
        self._trainer_host: TrainerHost | None = None
        self._engine_lock = threading.Lock()
        self._opening = threading.Lock()

    @contextmanager
    def engine(self, policy_id: str, ppm_id: str | None) -> Iterator[Engine]:
        """Lend the engine, with these checkpoints loaded, to one task run at a time."""
        with self._engine_lock:
            policy = self.checkpoints.get(policy_id).path
            ppm = self.checkpoints.get(ppm_id).path if ppm_id else None
            if self._engine is None:
                self._engine = open_engine(self.site.engine, policy, ppm)
            elif self._loaded != (policy_id, ppm_id):
                self._engine.load(policy, ppm)
            self._loaded = (policy_id, ppm_id)
            yield self._engine

    def machinery(self, engine: Engine) -> Machinery:
        """Return what a driver of this process drives, with the engine that was lent."""
        return Machinery(engine, self.sandbox, self.grader, time.perf_counter, self.stopping.is_set)

    def search_begins(self, round_number: int, n_trees: int) -> None:
        """Start counting the trees of a round."""
        self.progress.stage(round_number, "rollout", n_trees)
        self.tally = TreeTally(self.progress, n_trees)

    def stop(self) -> None:
        """Ask every running task to end soon: nothing that they did not commit counts."""
        self.stopping.set()
        if self._trainer_host is not None:
            self._trainer_host.close()

    @property
    def sandbox(self) -> ForkSandbox:
        """The sandbox of searches. Verification opens its own."""
        with self._opening:
            if self._sandbox is None:
                self._sandbox = open_sandbox(self.site.sandbox)
            return self._sandbox

    @property
    def grader(self) -> Grader:
        """The grader, which answers one task run at a time, as the engine does."""
        with self._opening:
            if self._grader is None:
                self._grader = open_grader(self.site.grading)
            return self._grader

    @property
    def trainer_host(self) -> TrainerHost:
        """The process that imports the training libraries while the search runs, and forks a child per training."""
        with self._opening:
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


_opened: dict[Path, Resources] = {}
_registry = threading.Lock()


def resources_of(site: Site) -> Resources:
    """Return this process's machinery for the site, opening what was not open yet."""
    with _registry:
        if site.home not in _opened:
            _opened[site.home] = Resources(site, Silence())
        return _opened[site.home]


@contextmanager
def opened(site: Site, progress: Progress) -> Iterator[Resources]:
    """Open the machinery for a site in this process, reporting to `progress`, and close it at the end."""
    resources = Resources(site, progress)
    with _registry:
        _opened[site.home] = resources
    try:
        yield resources
    finally:
        with _registry:
            del _opened[site.home]
        resources.close()
