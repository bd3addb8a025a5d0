"""Processes of this machine, told apart also after a reboot, in another container, or when a pid is used again."""

import os
import socket
from functools import cache
from pathlib import Path
from typing import Final

from warehouse.lease import Holder

_STATE, _STARTED = 0, 19
"""Where the state and the start of a process stand in /proc/PID/stat, counted after its name."""

_ENDED: Final = ("Z", "X")


def this_process() -> Holder:
    """Return this very process."""
    started_ticks = _started_ticks(os.getpid())
    assert started_ticks is not None
    return Holder(socket.gethostname(), _kernel(), os.getpid(), started_ticks)


def is_gone(holder: Holder) -> bool:
    """Return whether the holder is known to have ended; of a process that cannot be seen from here nothing is known."""
    return holder.kernel == _kernel() and _started_ticks(holder.pid) != holder.started_ticks


@cache
def _kernel() -> str:
    """Return what pids of this process's neighbours mean something in: a boot of the machine, and a pid namespace."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return f"{boot} {Path('/proc/self/ns/pid').readlink()}"


def _started_ticks(pid: int) -> int | None:
    """Return when a process began, None where there is none or where it only waits to be reaped."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[_STATE] in _ENDED else int(fields[_STARTED])
