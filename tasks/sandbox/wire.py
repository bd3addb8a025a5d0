"""Frames on the sandbox's stream sockets: a length in four bytes, then JSON. Nothing from a guest is ever unpickled."""

import json
import struct
from typing import Any, Final

_LENGTH: Final = struct.Struct(">I")
LENGTH_BYTES: Final = _LENGTH.size


class OversizedFrame(Exception):
    """The other side announced a longer frame than it is allowed to send."""


def frame(message: object) -> bytes:
    """Return the bytes of one message."""
    body = json.dumps(message).encode()
    return _LENGTH.pack(len(body)) + body


class FrameReader:
    """Puts frames together from the pieces that a stream delivers."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        """Return the messages that are complete now. Raises OversizedFrame, ValueError when a body is not JSON."""
        self._buffer += data
        messages = []
        while len(self._buffer) >= LENGTH_BYTES:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > self.max_bytes:
                raise OversizedFrame(f"{length} bytes announced, {self.max_bytes} allowed")
            end = LENGTH_BYTES + length
            if len(self._buffer) < end:
                break
            messages.append(json.loads(bytes(self._buffer[LENGTH_BYTES:end])))
            del self._buffer[:end]
        return messages
