"""One committer at a time: threads of a process queue on a lock, processes on a lock file, machines on a lock in Postgres.

SQLite as a catalog fails with "database is locked" as soon as several writers commit at once; behind this lock it never does.
The kernel releases the file lock when a process dies, so nothing has to be cleaned up after kill -9.
"""

import errno
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from warehouse.errors import WarehouseError

_POLL_SECONDS = 0.02


class CommitLock(Protocol):
    """The right to commit to one lake."""

    @property
    def application(self) -> str:
        """What the sessions of this writer are called, where the catalog has sessions."""

    def held(self) -> AbstractContextManager[None]:
        """Return a context that holds the lock."""

    def close(self) -> None:
        """Give back what the lock keeps open."""


class WriterLock:
    """The right to commit to an embedded lake. Not reentrant."""

    application = "stargrove"

    def __init__(self, path: Path, timeout_seconds: float) -> None:
        self._path = path
        self._timeout_seconds = timeout_seconds
        self._threads = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Return a context that holds the lock. Raises WarehouseError when another writer keeps it for too long."""
        # A thread of this process is waited for without limit: it works, or it times out on the file itself.
        with self._threads:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                self._wait_for_file(descriptor, time.monotonic() + self._timeout_seconds)
                os.ftruncate(descriptor, 0)
                os.write(descriptor, str(os.getpid()).encode())
                yield
            finally:
                os.close(descriptor)

    def close(self) -> None:
        """Nothing is open between two commits."""

    def _wait_for_file(self, descriptor: int, deadline: float) -> None:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EACCES):
                    raise
                if time.monotonic() > deadline:
                    owner = os.pread(descriptor, 20, 0).decode() or "unknown"
                    raise self._timed_out(owner) from error
                time.sleep(_POLL_SECONDS)
            else:
                return

    def _timed_out(self, owner: str) -> WarehouseError:
        return WarehouseError(
            f"{self._path.parent}: process {owner} has been writing to the lake for {self._timeout_seconds:g} s",
            hint="wait for it to finish, or end it, and run the same command again",
        )
