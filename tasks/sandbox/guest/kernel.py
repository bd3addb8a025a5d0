"""System calls that Python has no function for, through ctypes. Linux on x86-64 and aarch64."""

import ctypes
import os
import platform
from typing import Final, Literal

Machine = Literal["x86_64", "aarch64"]

PR_SET_PDEATHSIG: Final = 1
PR_CAPBSET_DROP: Final = 24
PR_SET_NO_NEW_PRIVS: Final = 38
PR_SET_CHILD_SUBREAPER: Final = 36
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
PR_SET_SECCOMP: Final = 22

_SECCOMP_NUMBER: Final[dict[Machine, int]] = {"x86_64": 317, "aarch64": 277}
_CAPSET_NUMBER: Final[dict[Machine, int]] = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3: Final = 0x20080522
_LAST_CAPABILITY: Final = 63

_libc = ctypes.CDLL(None, use_errno=True)


def machine() -> Machine:
    """Return the processor architecture. Raises OSError on one whose system call numbers are not known here."""
    name = platform.machine()
    if name == "x86_64":
        return "x86_64"
    if name == "aarch64":
        return "aarch64"
    raise OSError(f"no table of system calls for the architecture {name}")


def syscall(number: int, *arguments: int | ctypes.Array[ctypes.c_char] | None) -> int:
    """Return the result of a system call. Raises OSError."""
    converted = [ctypes.c_long(argument) if isinstance(argument, int) else argument for argument in arguments]
    result = int(_libc.syscall(ctypes.c_long(number), *converted))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def prctl(option: int, *arguments: int) -> None:
    """Change a property of this process. Raises OSError."""
    padded = (*arguments, 0, 0, 0, 0)[:4]
    if _libc.prctl(ctypes.c_int(option), *(ctypes.c_ulong(argument) for argument in padded)) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def unshare(flags: int) -> None:
    """Move this process (its children, for processes) into new namespaces. Raises OSError."""
    if _libc.unshare(ctypes.c_int(flags)) < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def install_filter(program: bytes, flags: int) -> int:
    """Install a seccomp program on this process and return what seccomp returns: with NEW_LISTENER, a descriptor."""
    body = ctypes.create_string_buffer(program, len(program))
    header = int(len(program) // 8).to_bytes(8, "little") + ctypes.addressof(body).to_bytes(8, "little")
    return syscall(_SECCOMP_NUMBER[machine()], 1, flags, ctypes.create_string_buffer(header, len(header)))


def drop_capabilities() -> None:
    """Give up every capability, for good. Raises OSError."""
    for capability in range(_LAST_CAPABILITY + 1):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            # Unknown to this kernel, or no right to drop: then it is not held either, and no_new_privs keeps it away.
            break
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = ctypes.create_string_buffer(_CAPABILITY_VERSION_3.to_bytes(4, "little") + bytes(4), 8)
    syscall(_CAPSET_NUMBER[machine()], header, ctypes.create_string_buffer(bytes(24), 24))
