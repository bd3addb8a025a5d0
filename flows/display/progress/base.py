"""What every display does: keep track of the stages that run. How it looks is left to the two kinds of display."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace

from rich.console import Console, RenderableType

from flows.display.progress.stage import StageProgress, search_detail, training_detail


class Display(ABC):
    """Shows one command's work, and is the `Progress` that tasks report to. Mutable; any thread may call it.

    A stage runs until it is over, the next one that is not beside it, a table, or the end. Progress goes to `progress`, tables
    to `output`.
    """

    def __init__(self, progress: Console, output: Console, clock: Callable[[], float]) -> None:
        self._progress = progress
        self._output = output
        self._clock = clock
        self._lock = threading.RLock()
        self._stages: dict[str, StageProgress] = {}
        self._round = 0
        self._n_rounds: int | None = None

    def planned(self, n_rounds: int) -> None:
        """Say how many rounds there will be."""
        with self._lock:
            self._n_rounds = n_rounds

    def stage(self, round_number: int, name: str, total: int | None = None, *, beside: bool = False) -> None:
        """Begin a stage of a round. Round 0 is the base, or work outside rounds; `total`: its pieces of work, where known."""
        with self._lock:
            if not beside:
                self._finish_all()
            if round_number != self._round:
                self._round = round_number
                self.begin_round()
            self._stages[name] = StageProgress(name, self._clock(), total=total)
            self.begin(self._stages[name])

    def over(self, name: str) -> None:
        """Finish a stage; one that is over already stays so."""
        with self._lock:
            if name in self._stages:
                self.finish(self._stages.pop(name))

    def trees(self, stage: str, n_done: int, n_total: int, n_solved: int, n_tokens: int, n_begun: float = 0.0) -> None:
        """Say how far the stage's trees are, counted from its start; n_begun: of those in flight, the shares that are done."""
        with self._lock:
            if stage in self._stages:
                elapsed_seconds = self._stages[stage].elapsed_seconds(self._clock())
                self._advance(stage, n_done, n_total, search_detail(n_done, n_solved, n_tokens, elapsed_seconds), n_begun)

    def metric(self, stage: str, step: int, n_steps: int, loss: float) -> None:
        """Say how far a training is."""
        with self._lock:
            self._advance(stage, step, n_steps, training_detail(loss))

    def message(self, text: str) -> None:
        """Show one line that stays."""
        with self._lock:
            self.say(text)

    def show(self, renderable: RenderableType) -> None:
        """Show a table, or text, that stays, on standard output."""
        with self._lock:
            self._finish_all()
            self._output.print(renderable)

    def close(self) -> None:
        """Finish the stages that run and leave the terminal as it was."""
        with self._lock:
            self._finish_all()

    def _advance(self, name: str, done: int, total: int, detail: str, begun: float = 0.0) -> None:
        if name in self._stages:
            self._stages[name] = replace(self._stages[name], done=done, total=total, detail=detail, begun=begun)
            self.update(self._stages[name])

    def _finish_all(self) -> None:
        for name in list(self._stages):
            self.over(name)

    @abstractmethod
    def begin_round(self) -> None:
        """Show that another round begins."""

    @abstractmethod
    def begin(self, stage: StageProgress) -> None:
        """Show that a stage begins."""

    @abstractmethod
    def update(self, stage: StageProgress) -> None:
        """Show how far the stage is."""

    @abstractmethod
    def finish(self, stage: StageProgress) -> None:
        """Show that the stage is over."""

    @abstractmethod
    def say(self, text: str) -> None:
        """Show a line that stays."""

    def _round_name(self) -> str:
        return f"round {self._round}/{self._n_rounds}" if self._n_rounds else f"round {self._round}"
