"""The kinds of engine by name. To add one: a folder beside this file, and a row here."""

from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class EngineKind:
    """What the factory has to know of a kind of engine before one is open."""

    opener: str
    """`module:name` of what opens one, called as models.engines.open.Opener. Imported where an engine is opened and nowhere
    else: serving libraries take seconds, and read the number of their threads from the environment when they are imported."""

    asks_servers: bool = False
    """Whether servers compute, whose addresses it then needs; else this machine does, in engine.n_processes processes."""

    gpus: Literal["none", "one", "several"] = "none"
    """How many GPUs a process may be given: several are for a model that is split, or for a PPM apart from the policy."""


KINDS: Final[dict[str, EngineKind]] = {
    "vllm": EngineKind("models.engines.vllm.engine:open_engine", gpus="one"),
    "vllm-async": EngineKind("models.engines.vllm_async.engine:open_engine", gpus="several"),
    "http": EngineKind("models.engines.http.engine:HttpEngine", asks_servers=True),
    "transformers": EngineKind("models.engines.transformers.engine:TransformersEngine"),
}
