"""One evolution per home: a lock that the operating system releases even after kill -9."""

import fcntl
import os
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from warehouse.errors import BadInput

_FILE: Final = "evolve.lock"
_GLANCE_SECONDS: Final = 0.2
"""Who only looks whether the lock is held takes it for an instant."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who works on a home. command: as it was called; "" where that process cannot be seen from here, as in a container."""

    process_id: str
    command: str


@contextmanager
def hold(home: Path) -> Iterator[None]:
    """Hold the home's lock while the block runs. Raises BadInput, naming the holder's process id, where it is taken."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / _FILE
    with path.open("a+") as file:
        if not _is_taken(file, time.monotonic() + _GLANCE_SECONDS):
            raise BadInput(
                f"another evolution runs on {home} (process {_written(file)})",
                hint="wait for it, stop it, or use another --home",
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def holder(home: Path) -> Holder | None:
    """Return who holds the home's lock, None where nobody works on it."""
    try:
        file = (home / _FILE).open()
    except (FileNotFoundError, NotADirectoryError):
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            process_id = _written(file)
            return Holder(process_id, _command(process_id))
    return None


def _is_taken(file: IO[str], deadline: float) -> bool:
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


def _written(file: IO[str]) -> str:
    """Return the process id that the holder wrote down."""
    file.seek(0)
    return file.read().strip() or "unknown"


def _command(process_id: str) -> str:
    """Return how a process was called, from `stargrove` on where that is a part of it."""
    try:
        words = Path(f"/proc/{process_id}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0")[:-1]
    except OSError:
        return ""
    start = next((place for place, word in enumerate(words) if Path(word).name == "stargrove"), 0)
    return shlex.join(["stargrove", *words[start + 1 :]] if words and start else words)
