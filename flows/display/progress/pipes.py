"""Output that nobody reads any more ends no run: not `| head`, not a terminal that closes, not a Prefect worker that dies."""

import os

from rich.console import Console


def outlive_readers() -> None:
    """Make every console of this process fall silent when its reader is gone.

    rich raises SystemExit then, in whichever thread writes: also in a task that logs to Prefect's console, hours into a round.
    It asks for a subclass to change that, but Prefect's handlers make consoles of their own.
    """
    Console.on_broken_pipe = _fall_silent  # type: ignore[method-assign, assignment]


def _fall_silent(console: Console) -> None:
    """Say nothing more, and let what others still write to the same descriptor go nowhere."""
    console.quiet = True
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, console.file.fileno())
    os.close(nowhere)
