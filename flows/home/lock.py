"""One evolution per home: a lock that the operating system releases even after kill -9, and that says who holds it."""

import fcntl
import re
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from warehouse.errors import BadInput
from warehouse.lease import holder_line
from warehouse.places.processes import this_process

_NAME: Final = "evolve.lock"
_GLANCE_SECONDS: Final = 0.2
"""Who only looks whether the lock is held takes it for an instant."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who works on a home. line: machine, process, flow run, and since when. command: as it was called; "" where that process
    cannot be seen from here, as in a container."""

    line: str
    command: str


class HomeLock:
    """The lock of a home in the hands of this process. Its file holds the line that names the holder to others."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._taken_at = datetime.now(UTC)

    def name_flow_run(self, flow_run_id: str | None) -> None:
        """Write down who works on the home. Any thread may call this."""
        line = holder_line(this_process(), flow_run_id, self._taken_at)
        self._file.truncate(0)
        self._file.write(line)
        self._file.flush()


@contextmanager
def hold(home: Path) -> Iterator[HomeLock]:
    """Yield the lock of a home. Raises BadInput, naming the holder, where another process has it."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / _NAME).open("a+", encoding="utf-8") as file:
        if not _is_taken(file, time.monotonic() + _GLANCE_SECONDS):
            raise BadInput(
                f"another evolution runs on {home} ({_written(file)})", hint="wait for it, stop it, or use another --home"
            )
        lock = HomeLock(file)
        lock.name_flow_run(None)
        yield lock


def holder(home: Path) -> Holder | None:
    """Return who holds the home's lock, None where nobody works on it."""
    try:
        file = (home / _NAME).open(encoding="utf-8")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            line = _written(file)
            return Holder(line, _command(line))
    return None


def _is_taken(file: TextIO, deadline: float) -> bool:
    """Return whether the lock is ours now."""
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        else:
            return True


def _written(file: TextIO) -> str:
    file.seek(0)
    return file.read().strip() or "a process that has just begun"


def _command(line: str) -> str:
    """Return how the process of a holder's line was called, from `stargrove` on where that is a part of it."""
    named = re.search(r"process (\d+)", line)
    try:
        words = (
            Path(f"/proc/{named[1] if named else ''}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0")[:-1]
        )
    except OSError:
        return ""
    start = next((place for place, word in enumerate(words) if Path(word).name == "stargrove"), 0)
    return shlex.join(["stargrove", *words[start + 1 :]] if words and start else words)
