"""The keeper of a zygote: the process between it and the worker, which holds its namespaces and cleans up after it.

The keeper runs no step code. When the zygote or the worker ends, by whatever signal, it kills everything in the zygote's
session: steps cannot leave it, for setsid is not on their list of system calls.
"""

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Final, NoReturn

from tasks.sandbox.guest import kernel

_NEW_USER, _NEW_PROCESSES, _NEW_NETWORK, _NEW_IPC = 0x10000000, 0x20000000, 0x40000000, 0x08000000
_SIGNALS: Final = {signal.SIGTERM, signal.SIGCHLD}
_PF_SESSION_FIELD: Final = 3


def enter_namespaces() -> str | None:
    """Move into new user, process, network and IPC namespaces; return None, or why the kernel refused."""
    user, group = os.geteuid(), os.getegid()
    try:
        kernel.unshare(_NEW_USER | _NEW_PROCESSES | _NEW_NETWORK | _NEW_IPC)
    except OSError as error:
        return f"unshare: {error.strerror}"
    try:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    except OSError as error:
        # Half-way in there is no way back: user and process namespace exist, only the name of the user is missing.
        return f"mapping the user: {error.strerror}"
    return None


def leave_keeper(control: int) -> None:
    """Fork; the child returns and becomes the zygote, the parent stays as its keeper and never returns."""
    worker = os.getppid()
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    zygote = os.fork()
    if zygote == 0:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        return
    os.close(control)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == worker:
        signal.sigwait(_SIGNALS)
    _clean_up(zygote)


def _clean_up(zygote: int) -> NoReturn:
    with contextlib.suppress(ProcessLookupError):
        os.kill(zygote, signal.SIGKILL)
    os.waitpid(zygote, 0)
    while strays := members_of(os.getsid(0), {os.getpid()}):
        for pid in strays:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    sys.exit(0)


def members_of(session: int, known: set[int]) -> list[int]:
    """Return the living processes of a session that are not known."""
    members = []
    for entry in os.listdir("/proc"):  # noqa: PTH208 - names are all that is needed, of every process on the machine
        if not entry.isdigit() or int(entry) in known:
            continue
        try:
            fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[_PF_SESSION_FIELD]) == session and fields[0] != "Z":
            members.append(int(entry))
    return members
