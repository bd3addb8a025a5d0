"""The contract between the search and whatever serves the policy and the PPM. Pure data, no torch.

The search submits requests and polls for answers; an engine may advance its batch inside `poll` (in process) or wait for
others to do so (a server). Answers arrive in any order and are matched by `request_id`. With equal weights an answer depends
on its request alone, never on what else is in flight.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """Ask for one candidate per seed that continues `prompt`, each until one of `stop` (kept in the text) or max_tokens.

    temperature 0 is greedy. Seeds are 63-bit hashes, independent of each other. n_shared_chars: beginning of the prompt that
    says nothing about the problem, because every prompt has it. priority: where an engine has more requests than it serves at
    once, those with the lowest number go first; it changes no answer.
    """

    request_id: int
    prompt: str
    seeds: tuple[int, ...]
    temperature: float
    stop: tuple[str, ...]
    max_tokens: int
    n_shared_chars: int = 0
    priority: int = 0

    @property
    def own_prompt(self) -> str:
        """The prompt from where it differs from that of other problems."""
        return self.prompt[self.n_shared_chars :]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One continuation. finish is `stop` (ends in a stop string) or `length` (cut off at max_tokens or the context).

    repairs: what had to be mended in the text of a model that was never taught to write it, in words of tasks.bootstrap.repair.
    """

    text: str
    n_tokens: int
    finish: Literal["stop", "length"]
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Generation:
    """The answer to a GenerationRequest: as many candidates as it had seeds, in their order.

    n_shared_tokens: of the prompt's, about how many every prompt begins with, which a cache holds once for all.
    """

    request_id: int
    candidates: tuple[Candidate, ...]
    n_prompt_tokens: int
    n_shared_tokens: int = 0


@dataclass(frozen=True, slots=True)
class ScoringRequest:
    """Ask the PPM for the score of each prefix, read at its last token."""

    request_id: int
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scoring:
    """The answer to a ScoringRequest: scores in (-1, 1), in the order of the prefixes; NaN where the PPM gives no number."""

    request_id: int
    scores: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A request that can never be served, such as a prompt that fills the context. The tree ends; nothing else is affected."""

    request_id: int
    reason: str


Request = GenerationRequest | ScoringRequest
Answer = Generation | Scoring | Rejection


class Engine(Protocol):
    """Serves one policy and at most one PPM.

    Raises EngineUnavailable when the machinery fails; a bad request is a Rejection, never an exception.
    """

    def load(self, policy: Path, ppm: Path | None) -> None:
        """Serve these checkpoint directories from now on and forget prefixes cached for others. No request may be pending."""
        ...

    def submit(self, request: Request) -> None:
        """Queue a request. Never blocks."""
        ...

    def poll(self, timeout_seconds: float) -> list[Answer]:
        """Return the answers that are ready, after at most one turn of the engine or timeout_seconds of waiting."""
        ...

    @property
    def n_pending(self) -> int:
        """Requests submitted and not yet answered."""
        ...

    def close(self) -> None:
        """Give back memory and processes. A closed engine accepts nothing."""
        ...


class IdleEngine:
    """Serves nothing, for work that only executes and grades. A request to it is a defect of the caller."""

    n_pending = 0

    def load(self, policy: Path, ppm: Path | None) -> None:
        """Forget the checkpoints: nothing is served."""

    def submit(self, request: Request) -> None:
        """Raise, because nobody would answer."""
        raise RuntimeError(f"no engine is open to serve {request}")

    def poll(self, timeout_seconds: float) -> list[Answer]:
        """Return nothing."""
        return []

    def close(self) -> None:
        """Give back nothing."""
