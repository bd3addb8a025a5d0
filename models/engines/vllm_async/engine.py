"""The kind `vllm-async`: the engine of the kind `vllm` on models that compute in processes of their own."""

from pathlib import Path

from models.engines.settings import EngineSettings
from models.engines.vllm.engine import VllmEngine
from models.engines.vllm_async.model import OwnProcesses


def open_engine(settings: EngineSettings, policy: Path, ppm: Path | None) -> VllmEngine:
    """Return the engine, with policy and PPM computing at the same time."""
    return VllmEngine(settings, OwnProcesses(settings), policy, ppm)
