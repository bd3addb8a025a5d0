"""Processes as the worker sees them: zygotes, steps that run, and snapshots. Mutable: one object follows one process."""

import contextlib
import os
import select
import signal
import socket
import struct
import subprocess
from dataclasses import dataclass, field
from typing import Final, Literal

from tasks.sandbox.guest import guest
from tasks.sandbox.wire import FrameReader

Kind = Literal["light", "heavy"]
State = Literal["warming", "starting", "running", "asking", "idle", "gone"]

_CREDENTIALS: Final = struct.Struct("iII")
_CREDENTIALS_SPACE: Final = socket.CMSG_SPACE(_CREDENTIALS.size) + socket.CMSG_SPACE(4)
_SETTLE_MS: Final = 50

MAX_FAULTS: Final = 3
"""How often the machinery may fail one job before the sandbox gives up."""


@dataclass(slots=True)
class Job:
    """An execution, and how often the machinery failed it. followers: the executions that were asked for and wait for this one,
    which nobody asked for: a prefix that is run again. has_waited: it was such a follower, which none is twice."""

    request_id: int
    tree_id: str
    path: tuple[str, ...]
    kind: Kind
    n_faults: int = 0
    followers: "list[Job]" = field(default_factory=list)
    has_waited: bool = False


@dataclass(slots=True, eq=False)
class Process:
    """A process on the other end of a socket.

    warming: a zygote that imports; starting: forked, has not said hello; running: runs codes; asking: ended without a report,
    its parent was asked how; idle: waits for forks (a zygote, or a snapshot in the cache); gone: closed.
    """

    connection: socket.socket
    kind: Kind
    state: State
    parent: "Process | None"
    number: int
    deadline: float
    reader: FrameReader
    job: Job | None = None
    n_codes: int = 0
    pid: int = 0
    pidfd: int = -1
    started_at: float = 0.0
    outbox: bytes = b""
    private_mib: float = 0.0
    n_extensions: int = 0
    failure: str = ""
    n_forks_ordered: int = 0
    n_forks_refused: int = 0
    listener: int = -1
    keeper: subprocess.Popen[bytes] | None = None
    asked_by: "dict[int, Process]" = field(default_factory=dict)

    def receive(self) -> tuple[bytes, list[int]]:
        """Return what arrived and the file descriptors attached; empty when the other side is gone.

        The first message tells the process's id: the kernel writes it, so nobody can name another process.
        """
        try:
            data, ancillary, _, _ = self.connection.recvmsg(65536, _CREDENTIALS_SPACE, socket.MSG_CMSG_CLOEXEC)
        except ConnectionError:
            return b"", []
        descriptors: list[int] = []
        for _, kind, payload in ancillary:
            if kind == socket.SCM_CREDENTIALS and not self.pid and data:
                self._identify(_CREDENTIALS.unpack(payload)[0])
            elif kind == socket.SCM_RIGHTS:
                descriptors += [int.from_bytes(payload[i : i + 4], "little") for i in range(0, len(payload) - 3, 4)]
        return data, descriptors

    def _identify(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.pidfd = os.pidfd_open(pid)
        self.pid = pid

    def flush(self) -> bool:
        """Send what is still to be sent; return whether nothing is left."""
        try:
            while self.outbox:
                self.outbox = self.outbox[self.connection.send(self.outbox) :]
        except BlockingIOError:
            return False
        except OSError:
            # Its end of the socket is closed; reading will say so.
            self.outbox = b""
        return True

    def ask_fork(self, number: int, theirs: socket.socket) -> None:
        """Tell the process to fork a child that talks over `theirs`. Raises OSError when it is gone or does not listen."""
        self.connection.sendmsg(
            [guest.COMMAND.pack(guest.FORK, number)],
            [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", theirs.fileno()))],
        )
        self.n_forks_ordered += 1

    def ask_status(self, child: "Process") -> bool:
        """Ask how a child ended; return whether the question could be put."""
        try:
            self.connection.send(guest.COMMAND.pack(guest.STATUS, child.number))
        except OSError:
            return False
        self.asked_by[child.number] = child
        return True

    def has_ended(self) -> bool:
        """Return whether the process ended by itself; one whose sockets just closed is given a moment to be gone."""
        if self.pidfd < 0:
            return True
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        return bool(poll.poll(_SETTLE_MS))

    def end(self) -> None:
        """Kill the process, whatever it is doing, and close what belongs to it."""
        if self.pidfd >= 0:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            os.close(self.pidfd)
        if self.listener >= 0:
            os.close(self.listener)
        self.pidfd = self.listener = -1
        self.connection.close()
        if self.keeper is not None:
            self.keeper.terminate()
            self.keeper.wait()
        self.state = "gone"


def is_starved(pid: int, elapsed_seconds: float) -> bool:
    """Return whether a process wants to run, or waits for the disk, and got less than half of the time that passed."""
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return False
    cpu_seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return fields[0] in "RD" and cpu_seconds < elapsed_seconds / 2


def may_be_kept(pid: int) -> bool:
    """Return whether a process has nothing open but /dev/null and its own socket.

    Forks would share the position in any file, and a copy of its parent's socket would let it speak in a sibling's affairs.
    """
    folder = f"/proc/{pid}/fd"
    try:
        opened = [os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)]  # noqa: PTH115, PTH208 - for each snapshot
    except OSError:
        return False
    others = [target for target in opened if target != os.devnull]
    return len(others) == 1 and others[0].startswith("socket:")


def private_mib(pid: int) -> float:
    """Return the memory that only this process has, in MiB; 0 when it just ended."""
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:  # noqa: PTH123 - on the path of each snapshot
            return sum(int(line.split()[1]) for line in file if line.startswith(b"Private_")) / 1024
    except OSError:
        return 0.0
