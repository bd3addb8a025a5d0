"""Choose the engine that the settings name. Imports no torch until one is opened."""

from pathlib import Path

from models.engine import Engine
from models.settings import EngineSettings


def open_engine(settings: EngineSettings, policy: Path, ppm: Path | None) -> Engine:
    """Return an engine that serves these checkpoint directories, ready for requests.

    Raises EngineUnavailable when the engine cannot start, CheckpointBroken when a directory holds no model.
    """
    if settings.kind == "transformers":
        from models.transformers_engine import TransformersEngine

        return TransformersEngine(settings, policy, ppm)
    from models.vllm_engine import VllmEngine

    return VllmEngine(settings, policy, ppm)
