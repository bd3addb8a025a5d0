"""Where commands print tables: a terminal has a width and colours, a pipe or a file has neither, and nothing is cut there."""

from typing import Final

from rich.console import Console

from flows.display.progress.pipes import outlive_readers

_NO_WIDTH: Final = 100_000
"""Columns of what has no width: more than any line."""


def screen() -> Console:
    """Return the console of standard output; whoever reads it may leave before the end."""
    outlive_readers()
    console = Console()
    return console if console.is_terminal else Console(width=_NO_WIDTH)
