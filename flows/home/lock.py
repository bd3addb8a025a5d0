"""One evolution per home: a lock that the operating system releases even after kill -9, and that says who holds it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from warehouse.errors import BadInput
from warehouse.lease import holder_line
from warehouse.places.processes import this_process

_NAME: Final = "evolve.lock"


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
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadInput(
                f"another evolution runs on {home} ({_written(file)})", hint="wait for it, stop it, or use another --home"
            ) from error
        lock = HomeLock(file)
        lock.name_flow_run(None)
        yield lock


def holder_of(home: Path) -> str | None:
    """Return who works on a home, None where nobody does."""
    try:
        with (home / _NAME).open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _written(file)
    except FileNotFoundError:
        pass
    return None


def _written(file: TextIO) -> str:
    file.seek(0)
    return file.read().strip() or "a process that has just begun"
