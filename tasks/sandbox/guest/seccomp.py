"""The system calls that step code may make: our own allow-list as a BPF program, for x86-64 and aarch64.

What is not listed fails with EPERM. Nothing here makes a process, a thread, a socket, a pipe, shared memory or a writable file,
sends a signal, or touches another process. Shared things are refused because branches are forks of one another: a pipe made by
their common prefix would let siblings meet.

Forks: snapshots must fork on command, in an interpreter where step code ran. So `fork` asks the worker (user notification), who
grants exactly the forks it ordered. Where the kernel cannot do that, forks are allowed to the zygote alone and a second
program forbids them before step code runs; there are no snapshots then.

The numbers of both architectures were compared with what gcc for each prints of __NR_*, and the programs are interpreted in the
tests; on an aarch64 kernel they have not run yet (November 2026).
"""

import errno
import struct
from typing import Final, Literal

from tasks.sandbox.guest.kernel import Machine

Forks = Literal["ask", "allow"]

NEW_LISTENER: Final = 1 << 3

_AUDIT_ARCHITECTURE: Final[dict[Machine, int]] = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32: Final = 0x40000000

# name: (x86-64, aarch64); None where the architecture has no such call. From the kernel's unistd.h.
ALLOWED: Final[dict[str, tuple[int | None, int | None]]] = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "stat": (4, None), "lstat": (6, None),
    "newfstatat": (262, 79), "statx": (332, 291), "lseek": (8, 62), "mprotect": (10, 226), "munmap": (11, 215),
    "brk": (12, 214), "mremap": (25, 216), "madvise": (28, 233), "mincore": (27, 232), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "rt_sigpending": (127, 136), "rt_sigtimedwait": (128, 137),
    "sigaltstack": (131, 132), "pread64": (17, 67), "readv": (19, 65), "writev": (20, 66), "preadv": (295, 69),
    "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439), "poll": (7, None), "ppoll": (271, 73),
    "select": (23, None), "pselect6": (270, 72), "sched_yield": (24, 124), "dup": (32, 23), "dup2": (33, None),
    "dup3": (292, 24), "nanosleep": (35, 101), "clock_nanosleep": (230, 115), "getitimer": (36, 102),
    "setitimer": (38, 103), "alarm": (37, None), "pause": (34, None), "getpid": (39, 172), "getppid": (110, 173),
    "gettid": (186, 178), "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177),
    "getresuid": (118, 148), "getresgid": (120, 150), "getgroups": (115, 158), "getpgrp": (111, None), "getpgid": (121, 155),
    "getsid": (124, 156), "sendmsg": (46, 211), "recvfrom": (45, 207), "recvmsg": (47, 212), "exit": (60, 93),
    "exit_group": (231, 94), "wait4": (61, 260), "uname": (63, 160), "getcwd": (79, 17),
    "chdir": (80, 49), "fchdir": (81, 50), "getdents": (78, None), "getdents64": (217, 61), "readlink": (89, None),
    "readlinkat": (267, 78), "gettimeofday": (96, 169), "time": (201, None), "times": (100, 153), "getrlimit": (97, 163),
    "getrusage": (98, 165), "sysinfo": (99, 179), "statfs": (137, 43), "fstatfs": (138, 44), "arch_prctl": (158, None),
    "futex": (202, 98), "sched_getaffinity": (204, 123), "set_tid_address": (218, 96), "set_robust_list": (273, 99),
    "get_robust_list": (274, 100), "clock_gettime": (228, 113), "clock_getres": (229, 114), "getrandom": (318, 278),
    "rseq": (334, 293), "membarrier": (324, 283), "close_range": (436, 436), "getcpu": (309, 168),
    "restart_syscall": (219, 128), "getpriority": (140, 141),
}  # fmt: skip
_OPEN: Final = (2, None)
_OPENAT: Final = (257, 56)
_MMAP: Final = (9, 222)
_IOCTL: Final = (16, 29)
_FCNTL: Final = (72, 25)
_PRLIMIT: Final = (302, 261)
_SECCOMP: Final = (317, 277)
_CLONE: Final = (56, 220)
_FORK: Final = (57, None)
_VFORK: Final = (58, None)
_CLONE3: Final = (435, 435)

# O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND; O_TMPFILE cannot do without one of the first two.
_WRITING: Final = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000
_MAP_SHARED: Final = 1
_TERMINAL_QUERIES: Final = (0x5401, 0x5450, 0x5451, 0x541B)  # TCGETS, FIONCLEX, FIOCLEX, FIONREAD
_FCNTL_COMMANDS: Final = (0, 1, 2, 3, 4, 1030)  # dup, get and set flags; not F_SETOWN, F_SETLK, F_NOTIFY
_FLAGS_OF_FORK: Final = (0x01200011, 17)  # SIGCHLD, with and without CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID

_RETURN_KILL: Final = 0x80000000
_RETURN_ERRNO: Final = 0x00050000
_RETURN_NOTIFY: Final = 0x7FC00000
_RETURN_ALLOW: Final = 0x7FFF0000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4


class _Program:
    """A BPF program under construction. Rules compare the call's number and leave the accumulator as it was, or return."""

    def __init__(self, machine: Machine) -> None:
        self.column = 0 if machine == "x86_64" else 1
        self.code: list[tuple[int, int, int, int]] = []

    def add(self, code: int, value: int, if_true: int = 0, if_false: int = 0) -> None:
        self.code.append((code, if_true, if_false, value))

    def rule(self, call: tuple[int | None, int | None], body: list[tuple[int, int, int, int]]) -> None:
        """For this call run the body, which always returns."""
        number = call[self.column]
        if number is not None:
            self.add(_EQUAL, number, 0, len(body))
            self.code += body

    def bytes(self) -> bytes:
        return b"".join(struct.pack("<HBBI", *instruction) for instruction in self.code)


def _result(value: int) -> tuple[int, int, int, int]:
    return (_RETURN, 0, 0, value)


def _fails(code: int) -> tuple[int, int, int, int]:
    return _result(_RETURN_ERRNO | code)


def _load_argument(place: int, *, high: bool = False) -> tuple[int, int, int, int]:
    return (_LOAD, 0, 0, 16 + 8 * place + (4 if high else 0))


def _unless_bits(place: int, bits: int, code: int) -> list[tuple[int, int, int, int]]:
    return [_load_argument(place), (_ANY_BIT, 0, 1, bits), _fails(code), _result(_RETURN_ALLOW)]


def _one_of(place: int, values: tuple[int, ...], allowed: int, code: int) -> list[tuple[int, int, int, int]]:
    tests = [(_EQUAL, len(values) - i, 0, value) for i, value in enumerate(values)]
    return [_load_argument(place), *tests, _fails(code), _result(allowed)]


def step_filter(machine: Machine, forks: Forks) -> bytes:
    """Return the program under which zygotes and steps live."""
    program = _Program(machine)
    program.add(_LOAD, _ARCHITECTURE)
    program.add(_EQUAL, _AUDIT_ARCHITECTURE[machine], 1, 0)
    program.code.append(_result(_RETURN_KILL))
    program.add(_LOAD, _NUMBER)
    if machine == "x86_64":
        program.add(_AT_LEAST, _X32, 0, 1)
        program.code.append(_fails(errno.ENOSYS))
    for call in ALLOWED.values():
        program.rule(call, [_result(_RETURN_ALLOW)])
    program.rule(_OPENAT, _unless_bits(2, _WRITING, errno.EACCES))
    program.rule(_OPEN, _unless_bits(1, _WRITING, errno.EACCES))
    program.rule(_MMAP, _unless_bits(3, _MAP_SHARED, errno.EPERM))
    program.rule(_IOCTL, _one_of(1, _TERMINAL_QUERIES, _RETURN_ALLOW, errno.EPERM))
    program.rule(_FCNTL, _one_of(1, _FCNTL_COMMANDS, _RETURN_ALLOW, errno.EPERM))
    # Hard limits cannot be raised, so a process may read and lower its own.
    program.rule(_PRLIMIT, _one_of(0, (0,), _RETURN_ALLOW, errno.EPERM))
    granted = _RETURN_NOTIFY if forks == "ask" else _RETURN_ALLOW
    program.rule(_CLONE, _one_of(0, _FLAGS_OF_FORK, granted, errno.EAGAIN))
    program.rule(_FORK, [_result(granted)])
    program.rule(_VFORK, [_fails(errno.EAGAIN)])
    program.rule(_CLONE3, [_fails(errno.ENOSYS)])
    if forks == "allow":
        program.rule(_SECCOMP, [_result(_RETURN_ALLOW)])
    program.code.append(_fails(errno.EPERM))
    return program.bytes()


def no_forks_filter(machine: Machine) -> bytes:
    """Return the program that is added before step code runs, where forks are not asked for: no more processes."""
    program = _Program(machine)
    program.add(_LOAD, _NUMBER)
    for call in (_CLONE, _FORK):
        program.rule(call, [_fails(errno.EAGAIN)])
    program.rule(_SECCOMP, [_fails(errno.EPERM)])
    program.code.append(_result(_RETURN_ALLOW))
    return program.bytes()
