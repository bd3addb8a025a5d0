"""One evolution per home: a lock that the operating system releases even after kill -9."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.errors import BadInput


@contextmanager
def hold(home: Path) -> Iterator[None]:
    """Hold the home's lock while the block runs. Raises BadInput, naming the holder's process id, where it is taken."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / "evolve.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise BadInput(
                f"another evolution runs on {home} (process {holder})", hint="wait for it, stop it, or use another --home"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
