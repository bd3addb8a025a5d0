"""Answer processes that ask to fork: the kernel stops their call and asks the worker, through seccomp's user notification."""

import errno
import fcntl
import struct
from typing import Final

_RECEIVE: Final = 0xC0502100
_SEND: Final = 0xC0182101
_QUESTION_BYTES: Final = 80
_CONTINUE: Final = 1


def next_question(listener: int) -> tuple[int, int] | None:
    """Return (question, pid) of a process that waits for its fork, None when it was killed meanwhile."""
    buffer = bytearray(_QUESTION_BYTES)
    try:
        fcntl.ioctl(listener, _RECEIVE, buffer)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EINTR):
            return None
        raise
    question, pid = struct.unpack_from("QI", buffer)
    return question, pid


def answer(listener: int, question: int, *, granted: bool) -> None:
    """Let the fork happen, or make it fail with EAGAIN."""
    response = struct.pack("QqiI", question, 0, 0 if granted else -errno.EAGAIN, _CONTINUE if granted else 0)
    try:
        fcntl.ioctl(listener, _SEND, response)
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
