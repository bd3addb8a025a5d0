"""Open the engine that the settings name, in this process or in several. Imports no serving library until one is opened."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol

from models.checkpoints.store import require_model_files
from models.engines.base import Engine
from models.engines.pool.engine import EnginePool
from models.engines.registry import KINDS
from models.engines.settings import EngineSettings


class Opener(Protocol):
    """Opens an engine that is driven by the calling process: it computes there, or asks servers."""

    def __call__(self, settings: EngineSettings, policy: Path, ppm: Path | None) -> Engine:
        """Return an engine that serves these checkpoint directories, ready for requests. Raises EngineUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class NamedOpener:
    """The Opener at an address `module:name`, found when it is called. Pickled as that address."""

    address: str

    def __call__(self, settings: EngineSettings, policy: Path, ppm: Path | None) -> Engine:
        """Return an engine that serves these checkpoint directories, ready for requests."""
        opener: Opener = resolve_name(self.address)
        return opener(settings, policy, ppm)


def open_engine(
    settings: EngineSettings, policy: Path, ppm: Path | None, cancelled: Callable[[], bool] = lambda: False
) -> Engine:
    """Return an engine that serves these checkpoint directories, ready for requests.

    cancelled: asked while processes start and when they end. Raises Interrupted where it says so before the engine is
    ready, EngineUnavailable when the engine cannot start, CheckpointBroken when a directory holds no model.
    """
    for directory in filter(None, (policy, ppm)):
        require_model_files(directory)
    kind = KINDS[settings.kind]
    opener = NamedOpener(kind.opener)
    if settings.n_processes and not kind.asks_servers:
        return EnginePool(opener, settings, policy, ppm, cancelled)
    return opener(settings, policy, ppm)
