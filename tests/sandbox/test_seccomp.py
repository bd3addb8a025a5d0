"""The filter decides as its tables say, on both architectures, by the kernel's own numbers."""

import errno
import re
import struct
from pathlib import Path

import pytest

from tasks.sandbox.guest.kernel import Machine
from tasks.sandbox.guest.seccomp import ALLOWED, Forks, no_forks_filter, step_filter

ALLOW, NOTIFY, KILL, ERRNO = 0x7FFF0000, 0x7FC00000, 0x80000000, 0x00050000
ARCHITECTURES: dict[Machine, int] = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
HEADERS: dict[Machine, Path] = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
FORK_FLAGS = 0x01200011


def decide(program: bytes, machine: Machine, number: int, *arguments: int) -> int:
    """Return what the kernel would do with a call: the BPF machine, as far as filters need it."""
    padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("<IIQ6Q", number, ARCHITECTURES[machine], 0, *padded)
    accumulator = at = 0
    while True:
        code, if_true, if_false, value = struct.unpack_from("<HBBI", program, 8 * at)
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif code == 0x06:
            return value
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: accumulator & value != 0}[code]
            at += if_true if holds else if_false


def refused(code: int) -> int:
    return ERRNO | code


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("forks", ["ask", "allow"])
def test_what_is_not_listed_fails(machine: Machine, forks: Forks) -> None:
    program = step_filter(machine, forks)
    column = 0 if machine == "x86_64" else 1
    listed = {call[column] for call in ALLOWED.values()}
    decided = {number: decide(program, machine, number) for number in range(470)}
    allowed = {number for number, decision in decided.items() if decision == ALLOW}
    conditional = {"x86_64": {2, 9, 257, 302}, "aarch64": {56, 222, 261, 25, 29}}[machine]
    assert listed - {None} <= allowed
    # With all arguments 0, opening to read, a private mapping and one's own limits are allowed as well; fork where told so.
    assert allowed - listed - conditional <= {72, 16, 317, 277, 57}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_numbers_are_the_kernels(machine: Machine) -> None:
    if not HEADERS[machine].exists():
        pytest.skip(f"no kernel header {HEADERS[machine]}")
    found = dict(re.findall(r"#define __NR(?:3264)?_(\w+) (\d+)", HEADERS[machine].read_text()))
    found |= {"newfstatat": found["fstatat"]} if "fstatat" in found and machine == "aarch64" else {}
    column = 0 if machine == "x86_64" else 1
    wrong = {
        name: (call[column], found.get(name)) for name, call in ALLOWED.items() if str(call[column]) != found.get(name, "None")
    }
    assert not wrong


def test_files_open_to_read_only() -> None:
    program = step_filter("x86_64", "ask")
    assert decide(program, "x86_64", 257, 0, 0, 0o2000000) == ALLOW
    for flag in (0o1, 0o2, 0o100, 0o1000, 0o2000, 0o20200000 | 0o2):
        assert decide(program, "x86_64", 257, 0, 0, flag) == refused(errno.EACCES)
        assert decide(program, "x86_64", 2, 0, flag) == refused(errno.EACCES)


def test_a_fork_is_asked_for_and_a_thread_refused() -> None:
    for machine, number in (("x86_64", 56), ("aarch64", 220)):
        program = step_filter(machine, "ask")  # type: ignore[arg-type]
        assert decide(program, machine, number, FORK_FLAGS) == NOTIFY  # type: ignore[arg-type]
        for flags in (0x3D0F00, FORK_FLAGS | 0x100, FORK_FLAGS | 0x10000000, 0):
            assert decide(program, machine, number, flags) == refused(errno.EAGAIN)  # type: ignore[arg-type]


def test_shared_mappings_are_refused() -> None:
    program = step_filter("x86_64", "ask")
    assert decide(program, "x86_64", 9, 0, 0, 0, 0x22) == ALLOW
    assert decide(program, "x86_64", 9, 0, 0, 0, 0x21) == refused(errno.EPERM)
    assert decide(program, "x86_64", 9, 0, 0, 0, 0x03) == refused(errno.EPERM)


def test_limits_of_others_are_refused() -> None:
    program = step_filter("x86_64", "ask")
    assert decide(program, "x86_64", 302, 0) == ALLOW
    assert decide(program, "x86_64", 302, 1) == refused(errno.EPERM)


def test_a_foreign_architecture_is_killed_and_x32_unknown() -> None:
    assert decide(step_filter("x86_64", "ask"), "aarch64", 0) == KILL
    assert decide(step_filter("x86_64", "ask"), "x86_64", 0x40000000) == refused(errno.ENOSYS)


def test_the_second_filter_takes_forks_away() -> None:
    program = no_forks_filter("x86_64")
    assert decide(program, "x86_64", 56, FORK_FLAGS) == refused(errno.EAGAIN)
    assert decide(program, "x86_64", 57) == refused(errno.EAGAIN)
    assert decide(program, "x86_64", 317) == refused(errno.EPERM)
    assert decide(program, "x86_64", 0) == ALLOW
