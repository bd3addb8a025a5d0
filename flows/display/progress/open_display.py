"""Choose the display that fits where the output goes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from flows.display.progress.base import Display
from flows.display.progress.lines import LineDisplay
from flows.display.progress.pipes import outlive_readers
from flows.display.progress.terminal import TerminalDisplay


@contextmanager
def open_display() -> Iterator[Display]:
    """Yield a display: bars where standard error is a terminal, lines where it is not. Progress goes to standard error.

    From then on the process outlives the readers of its output.
    """
    outlive_readers()
    progress, output = Console(stderr=True), Console()
    kind = TerminalDisplay if progress.is_terminal else LineDisplay
    display: Display = kind(progress, output, time.monotonic)
    try:
        yield display
    finally:
        display.close()
