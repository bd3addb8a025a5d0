"""Progress as plain lines, for logs and pipes: one when a stage is over, and one now and then while it is long."""

from collections.abc import Callable

from rich.console import Console

from flows.display.progress.base import Display
from flows.display.progress.stage import StageProgress

QUIET_SECONDS = 10.0
"""A stage says something at most this often: four tiny rounds then write about 60 lines."""


class LineDisplay(Display):
    """A display that writes whole lines."""

    def __init__(self, progress: Console, output: Console, clock: Callable[[], float]) -> None:
        super().__init__(progress, output, clock)
        self._last_said_seconds: dict[str, float] = {}

    def begin_round(self) -> None:
        """Say nothing: the round stands before each line."""

    def begin(self, stage: StageProgress) -> None:
        """Say nothing yet: a short stage is one line, when it is over."""
        self._last_said_seconds[stage.name] = stage.started_seconds

    def update(self, stage: StageProgress) -> None:
        """Write a line where the last one is long ago."""
        now = self._clock()
        if now - self._last_said_seconds[stage.name] >= QUIET_SECONDS:
            self._last_said_seconds[stage.name] = now
            self.say(stage.line(now))

    def finish(self, stage: StageProgress) -> None:
        """Write what the stage came to."""
        self.say(stage.summary(self._clock()))

    def say(self, text: str) -> None:
        """Write a line, with the round before it."""
        prefix = f"{self._round_name()} · " if self._round else ""
        self._progress.print(prefix + text, markup=False, highlight=False, soft_wrap=True)
