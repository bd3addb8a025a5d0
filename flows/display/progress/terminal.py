"""Progress on a terminal: a line with a bar for each stage that runs, and one line above them for each that is over."""

from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.rule import Rule
from rich.text import Text

from flows.display.progress.base import Display
from flows.display.progress.stage import StageProgress, duration


class TerminalDisplay(Display):
    """A display that redraws its last lines."""

    def __init__(self, progress: Console, output: Console, clock: Callable[[], float]) -> None:
        super().__init__(progress, output, clock)
        self._bar = Progress(
            SpinnerColumn(style="cyan"),
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=28, style="grey30", complete_style="cyan", finished_style="cyan", pulse_style="cyan"),
            TextColumn("{task.fields[count]}", markup=False),
            TextColumn("{task.fields[detail]}", markup=False, style="dim"),
            console=progress,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def begin_round(self) -> None:
        """Draw a rule with the round's number."""
        if self._round:
            self._progress.print(Rule(f"[bold]{self._round_name()}", style="cyan", align="left"))

    def begin(self, stage: StageProgress) -> None:
        """Draw a bar, which pulses while the amount of work is not known."""
        self._tasks[stage.name] = self._bar.add_task(stage.name, total=stage.total, count="", detail="")
        self._bar.start()

    def update(self, stage: StageProgress) -> None:
        """Redraw the bar with the time that is left."""
        left = stage.remaining_seconds(self._clock())
        count = f"{stage.done:,}/{stage.total:,}" if stage.total else ""
        detail = " · ".join(part for part in (stage.detail, f"about {duration(left)} left" if left else "") if part)
        self._bar.update(self._tasks[stage.name], completed=stage.done, total=stage.total, count=count, detail=detail)

    def finish(self, stage: StageProgress) -> None:
        """Put a line in the place of the bar."""
        task = self._tasks.pop(stage.name)
        if not self._tasks:
            self._bar.stop()
        self._bar.remove_task(task)
        self._progress.print(Text.assemble(("  ✓ ", "green"), stage.summary(self._clock())))

    def say(self, text: str) -> None:
        """Print a line above the bar."""
        self._progress.print(Text(f"  {text}"))
