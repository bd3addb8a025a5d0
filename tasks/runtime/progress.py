"""What long work reports while it runs; the command line's display implements it, and silence does too."""

import threading
from dataclasses import dataclass
from typing import Protocol


class Progress(Protocol):
    """Told what advances. Calls may come from several threads and must not block."""

    def stage(self, round_number: int, name: str, total: int | None = None, *, beside: bool = False) -> None:
        """A stage of a round begins, and ends those before it, unless it runs beside them.

        total: how many pieces of work it has, where known.
        """
        ...

    def over(self, name: str) -> None:
        """A stage has ended, where others may go on."""
        ...

    def trees(self, stage: str, n_done: int, n_total: int, n_solved: int, n_tokens: int, n_begun: float = 0.0) -> None:
        """Trees that are finished, of how many, how many of them solved, with so many tokens; from the start of the stage.

        n_begun: those in flight, each counted by the share of it that is done.
        """
        ...

    def metric(self, stage: str, step: int, n_steps: int, loss: float) -> None:
        """An optimizer step of a training is done."""
        ...

    def message(self, text: str) -> None:
        """Say one line."""
        ...


class Silence:
    """Reports nothing."""

    def stage(self, round_number: int, name: str, total: int | None = None, *, beside: bool = False) -> None:
        """Say nothing."""

    def over(self, name: str) -> None:
        """Say nothing."""

    def trees(self, stage: str, n_done: int, n_total: int, n_solved: int, n_tokens: int, n_begun: float = 0.0) -> None:
        """Say nothing."""

    def metric(self, stage: str, step: int, n_steps: int, loss: float) -> None:
        """Say nothing."""

    def message(self, text: str) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class TreeCount:
    """How far one shard's search is."""

    n_done: int
    n_solved: int
    n_tokens: int
    n_begun: float = 0.0


class TreeTally:
    """Adds up the shards of a round for one progress bar. Mutable, and safe to call from several threads."""

    def __init__(self, progress: Progress, stage: str, n_total: int) -> None:
        self._progress = progress
        self._stage = stage
        self._n_total = n_total
        self._counts: dict[str, TreeCount] = {}
        self._lock = threading.Lock()

    def count(self, shard: str, count: TreeCount) -> None:
        """Replace what is known of a shard and report the sum."""
        with self._lock:
            self._counts[shard] = count
            counts = list(self._counts.values())
        n_done, n_solved, n_tokens = (
            sum(one.n_done for one in counts),
            sum(one.n_solved for one in counts),
            sum(one.n_tokens for one in counts),
        )
        n_begun = sum(one.n_begun for one in counts)
        self._progress.trees(self._stage, n_done, self._n_total, n_solved, n_tokens, n_begun)
