"""Choose the engine that the settings name. Imports no torch until one is opened."""

from collections.abc import Callable
from pathlib import Path

from models.checkpoints.store import require_model_files
from models.engines.base import Engine
from models.engines.settings import EngineSettings


def open_engine(
    settings: EngineSettings, policy: Path, ppm: Path | None, cancelled: Callable[[], bool] = lambda: False
) -> Engine:
    """Return an engine that serves these checkpoint directories, ready for requests.

    cancelled: asked while processes start and when they end. Raises Interrupted where it says so before the engine is
    ready, EngineUnavailable when the engine cannot start, CheckpointBroken when a directory holds no model.
    """
    for directory in filter(None, (policy, ppm)):
        require_model_files(directory)
    if settings.n_processes and settings.kind != "http":
        from models.engines.pool.engine import EnginePool

        return EnginePool(settings, policy, ppm, cancelled)
    return open_in_process(settings, policy, ppm)


def open_in_process(settings: EngineSettings, policy: Path, ppm: Path | None) -> Engine:
    """Return an engine that is driven by this process: it computes here, or asks servers."""
    if settings.kind == "http":
        from models.engines.http.engine import HttpEngine

        return HttpEngine(settings, policy, ppm)
    if settings.kind == "transformers":
        from models.engines.transformers.engine import TransformersEngine

        return TransformersEngine(settings, policy, ppm)
    from models.engines.vllm.engine import VllmEngine

    if settings.kind == "vllm-async":
        from models.engines.vllm_async.model import OwnProcesses

        return VllmEngine(settings, OwnProcesses(settings), policy, ppm)
    from models.engines.vllm.model import InProcess

    return VllmEngine(settings, InProcess(settings), policy, ppm)
