"""Give up every right, one layer after another, and say which layers held.

Covered: making processes, threads, sockets, pipes, files or shared memory; writing anywhere; reading outside Python's own
directories, and in them the packages that hold solutions (landlock.HIDDEN); the environment (empty); signals, ptrace and every
other hold on processes; the network, abstract sockets too; CPU, memory, output and time; capabilities and set-user-id programs.

Not covered: names, sizes, dates and link targets of files that the user may see (only content is hidden); the host's name,
uptime and load; side channels of shared hardware; a kernel bug within the listed system calls; a step that lies about itself:
it shares an interpreter with the code that reports, so it can forge its own report and those of the steps that build on it,
never that of a sibling or of another path.

Bubblewrap is no level here. It holds what `namespaces` holds, by the same kernel calls and where these are refused it does not
start either; what it would add is a file system of its own, which hides the names above. Who wants that starts the whole of
Stargrove in it, `bwrap --ro-bind / / --dev /dev --proc /proc --unshare-pid --unshare-net --unshare-ipc stargrove ...`, with
the directories of their choice bound: every layer here holds inside as well (tests/sandbox/test_isolation.py).
"""

import errno
import os
import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tasks.sandbox.guest import kernel, landlock, seccomp
from tasks.sandbox.isolation import IsolationLevel

MEMORY_KILLER_SCORE: Final = "900"
OPEN_FILES: Final = 64
STACK_BYTES: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Lockdown:
    """Which layers hold. `listener`: descriptor on which forks are asked for, -1 where steps may not fork at all."""

    level: IsolationLevel
    missing: str
    listener: int


def lock_down(memory_mib: int, n_processes: int, readable: list[str], no_namespaces: str | None) -> Lockdown:
    """Lock this process and its children for good; return what holds. no_namespaces: why there are none, None if there are."""
    limit_resources(memory_mib, None if no_namespaces else n_processes)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.drop_capabilities()
    missing = [] if no_namespaces is None else [f"namespaces ({no_namespaces})"]
    has_landlock = True
    try:
        landlock.restrict(readable)
    except OSError as error:
        has_landlock = False
        missing.append(f"landlock ({error.strerror})")
    try:
        listener = filter_calls()
    except OSError as error:
        return Lockdown("none", ", ".join([f"seccomp ({error.strerror})", *missing]), -1)
    level: IsolationLevel = "seccomp"
    if has_landlock:
        level = "landlock" if no_namespaces else "namespaces"
    return Lockdown(level, ", ".join(missing), listener)


def filter_calls() -> int:
    """Install the filter; return the descriptor on which forks are asked for, or -1 where the kernel cannot ask."""
    machine = kernel.machine()
    try:
        return kernel.install_filter(seccomp.step_filter(machine, "ask"), seccomp.NEW_LISTENER)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBUSY):
            raise
    # Linux before 5.5, or a container whose own supervisor listens already.
    kernel.install_filter(seccomp.step_filter(machine, "allow"), 0)
    return -1


def forbid_forks() -> None:
    """Take the right to fork from this process, where forks are not asked for."""
    kernel.install_filter(seccomp.no_forks_filter(kernel.machine()), 0)


def limit_resources(memory_mib: int, n_processes: int | None) -> None:
    """Set hard limits that every child inherits and none can raise.

    n_processes counts only within an own user namespace; elsewhere the user's other processes would count, so it is None and
    seccomp alone bounds processes.
    """
    with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123 - Path.write_text would create it elsewhere
        file.write(MEMORY_KILLER_SCORE)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limits = {
        resource.RLIMIT_AS: pages * resource.getpagesize() + (memory_mib << 20),
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_STACK: STACK_BYTES,
    }
    if n_processes is not None:
        limits[resource.RLIMIT_NPROC] = n_processes
    for limit, wanted in limits.items():
        hard = resource.getrlimit(limit)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(limit, (value, value))
    os.umask(0o077)
