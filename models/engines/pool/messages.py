"""What a pool and its processes say to each other, pickled over a pipe of which both ends are ours.

parent -> process   Submit(requests), Load(policy, ppm), Close
process -> parent   Ready, Answered(answers), Failed(reason)
"""

from dataclasses import dataclass
from pathlib import Path

from models.engines.base import Answer, Request


@dataclass(frozen=True, slots=True)
class Submit:
    """Serve these requests."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """Serve these checkpoints from now on; answered by Ready."""

    policy: Path
    ppm: Path | None


@dataclass(frozen=True, slots=True)
class Close:
    """End."""


@dataclass(frozen=True, slots=True)
class Starved:
    """An order came for which there was no memory. Told by the process to itself."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The checkpoints are loaded."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a turn of the engine finished."""

    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The engine cannot go on, and the process ends."""

    reason: str


Order = Submit | Load | Close | Starved
Report = Ready | Answered | Failed
