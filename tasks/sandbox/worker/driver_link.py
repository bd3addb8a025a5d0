"""The worker's end of the socket to its driver: what is asked for comes in, what became of it goes out. Never blocks."""

import socket
from typing import Any, Final

from tasks.sandbox.wire import FrameReader, frame
from tasks.sandbox.worker.reports import Message

MAX_REQUEST_BYTES: Final = 256 << 20


class DriverLink:
    """Frames to and from the driver. Mutable: it holds what is not sent yet."""

    def __init__(self, descriptor: int) -> None:
        self.connection = socket.socket(fileno=descriptor)
        self.connection.setblocking(False)
        self.is_open = True
        self._reader = FrameReader(MAX_REQUEST_BYTES)
        self._outbox = b""

    def read(self) -> list[list[Any]]:
        """Return the operations that came; `is_open` turns False when the driver closed its end."""
        try:
            data = self.connection.recv(1 << 20)
        except BlockingIOError:
            return []
        except ConnectionError:
            data = b""
        self.is_open = bool(data)
        return self._reader.feed(data)

    def tell(self, message: Message) -> None:
        """Queue a message for the driver."""
        self._outbox += frame(message)

    def flush(self) -> bool:
        """Send what the socket takes now; return whether something is left."""
        try:
            while self._outbox:
                self._outbox = self._outbox[self.connection.send(self._outbox) :]
        except BlockingIOError:
            pass
        except OSError:
            self._outbox = b""  # the driver is gone; reading will say so
        return bool(self._outbox)
