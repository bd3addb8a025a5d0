"""What every display does: keep track of the stage that runs. How it looks is left to the two kinds of display."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace

from rich.console import Console, RenderableType

from flows.display.stage import Stage, search_detail, training_detail


class Display(ABC):
    """Shows one command's work, and is the `Progress` that tasks report to. Mutable; any thread may call it.

    A stage runs until the next one, a table, or the end. Progress goes to `progress`, tables to `output`.
    """

    def __init__(self, progress: Console, output: Console, clock: Callable[[], float]) -> None:
        self._progress = progress
        self._output = output
        self._clock = clock
        self._lock = threading.RLock()
        self._stage: Stage | None = None
        self._round = 0
        self._n_rounds: int | None = None

    def planned(self, n_rounds: int) -> None:
        """Say how many rounds there will be."""
        with self._lock:
            self._n_rounds = n_rounds

    def stage(self, round_number: int, name: str, total: int | None = None) -> None:
        """Begin a stage of a round. Round 0 is the base, or work outside rounds; `total`: its pieces of work, where known."""
        with self._lock:
            self._finish()
            if round_number != self._round:
                self._round = round_number
                self.begin_round()
            self._stage = Stage(name, self._clock(), total=total)
            self.begin(self._stage)

    def trees(self, n_done: int, n_total: int, n_solved: int, n_tokens: int) -> None:
        """Say how far the stage's trees are, counted from its start."""
        with self._lock:
            if self._stage is not None:
                elapsed_seconds = self._stage.elapsed_seconds(self._clock())
                detail = search_detail(n_done, n_solved, n_tokens, elapsed_seconds)
                self._advance(replace(self._stage, done=n_done, total=n_total, detail=detail))

    def metric(self, kind: str, step: int, n_steps: int, loss: float) -> None:
        """Say how far the training of a `kind` of model is."""
        with self._lock:
            if self._stage is not None:
                self._advance(replace(self._stage, done=step, total=n_steps, detail=training_detail(loss)))

    def advance(self, done: int, total: int, detail: str = "") -> None:
        """Say how many of the stage's pieces of work are done."""
        with self._lock:
            if self._stage is not None:
                self._advance(replace(self._stage, done=done, total=total, detail=detail))

    def message(self, text: str) -> None:
        """Show one line that stays."""
        with self._lock:
            self.say(text)

    def show(self, renderable: RenderableType) -> None:
        """Show a table, or text, that stays, on standard output."""
        with self._lock:
            self._finish()
            self._output.print(renderable)

    def close(self) -> None:
        """Finish the stage that runs and leave the terminal as it was."""
        with self._lock:
            self._finish()

    def _advance(self, stage: Stage) -> None:
        self._stage = stage
        self.update(stage)

    def _finish(self) -> None:
        if self._stage is not None:
            stage, self._stage = self._stage, None
            self.finish(stage)

    @abstractmethod
    def begin_round(self) -> None:
        """Show that another round begins."""

    @abstractmethod
    def begin(self, stage: Stage) -> None:
        """Show that a stage begins."""

    @abstractmethod
    def update(self, stage: Stage) -> None:
        """Show how far the stage is."""

    @abstractmethod
    def finish(self, stage: Stage) -> None:
        """Show that the stage is over."""

    @abstractmethod
    def say(self, text: str) -> None:
        """Show a line that stays."""

    def _round_name(self) -> str:
        return f"round {self._round}/{self._n_rounds}" if self._n_rounds else f"round {self._round}"
