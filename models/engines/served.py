"""A model whose weights a server holds: a checkpoint directory with an address in place of weights."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from models.checkpoints.store import SERVED_FILE
from models.engines.settings import EngineSettings


class ServedModel(BaseModel):
    """Where a server is, and what it calls the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    model: str


def served_model_of(checkpoint: Path) -> ServedModel | None:
    """Return where the model of a checkpoint directory is served; None where its weights are in the directory."""
    path = checkpoint / SERVED_FILE
    return ServedModel.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else None


def settings_for(settings: EngineSettings, checkpoint: Path) -> EngineSettings:
    """Return how the policy in a checkpoint directory is served: as the settings say, or by the server that holds it."""
    served = served_model_of(checkpoint)
    return settings if served is None else by_server(settings, served)


def by_server(settings: EngineSettings, served: ServedModel) -> EngineSettings:
    """Return settings with which a server's model is asked for what the policy would be. There is no PPM beside it."""
    held = {"kind": "http", "weights": "held", "policy_model": served.model, "policy_urls": (served.url,), "ppm_urls": ()}
    return settings.model_copy(update=held)
