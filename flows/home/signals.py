"""SIGINT and SIGTERM: the work of this process ends within seconds, whatever its threads are waiting for.

    with heeded() as signals:
        with opened(...) as resources:
            signals.tell(resources.stop)      called once, by a thread of its own, when the first signal comes
            ...                               the main thread gets a KeyboardInterrupt as soon as it runs Python again

Python's own handlers run only between two instructions of the main thread, which may be in a model's step or joining a pool of
threads for minutes. The byte that the interpreter writes into the wakeup descriptor comes at once, so a thread that reads it
tells everybody. A second Ctrl-C, or the end of the patience with a step that cannot be stopped, ends the process where it is:
what is committed stays, and its children end with it.
"""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

from warehouse.errors import Interrupted, Terminated

PATIENCE_SECONDS: Final = 14.0
"""How long tasks may take to end by themselves after a signal. Who stops machines asks for 20 to 30 s in all."""

HINT: Final = "run the same command again to go on: finished shards and checkpoints are not repeated"
_SHOW_CURSOR: Final = b"\x1b[?25h"
_STOPS: Final = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """What came, and who is told. Mutable; a thread of its own reads the descriptor."""

    def __init__(self, receiver: socket.socket) -> None:
        self.first: int | None = None
        self._receiver = receiver
        self._actions: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._interrupted_by: int | None = None

    def tell(self, action: Callable[[], None]) -> None:
        """Call the action when the first signal comes, or now if it came before."""
        with self._lock:
            self._actions.append(action)
            is_late = self.first is not None
        if is_late:
            action()

    def watch(self) -> None:
        """Read signals until the sending end is closed."""
        while True:
            try:
                numbers = self._receiver.recv(64)
            except TimeoutError:
                _leave(self.first or signal.SIGTERM)
            if not numbers:
                return
            for number in numbers:
                if number in _STOPS:
                    self._take(number)

    def _take(self, number: int) -> None:
        if self.first is not None:
            # Prefect sends itself another SIGTERM when it has dealt with the first; only a person's second Ctrl-C is a word.
            if number == signal.SIGINT:
                _leave(number)
            return
        with self._lock:
            self.first = number
            actions = tuple(self._actions)
        self._receiver.settimeout(PATIENCE_SECONDS)
        for action in actions:
            action()

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Python's handler: raise KeyboardInterrupt in the main thread, once, so that what follows can clean up in peace."""
        if self._interrupted_by is None:
            self._interrupted_by = number
            raise KeyboardInterrupt

    @property
    def error(self) -> Interrupted | None:
        """What the command ends with after a signal; None where none came."""
        number = self._interrupted_by or self.first
        if number is None:
            return None
        return Terminated("terminated", hint=HINT) if number == signal.SIGTERM else Interrupted("interrupted", hint=HINT)


@contextlib.contextmanager
def heeded() -> Iterator[Signals]:
    """Yield what tells others of the first signal. Raises Interrupted, or Terminated, for the work that it ended.

    Outside of the main thread, where Python handles no signals, nothing is heard. A handler for SIGTERM that somebody else put
    there, as a Prefect worker does, stays in place.
    """
    receiver, sender = socket.socketpair()
    signals = Signals(receiver)
    with receiver, sender:
        sender.setblocking(False)
        with _handlers(signals, sender) if _is_main_thread() else contextlib.nullcontext():
            try:
                yield signals
            except (KeyboardInterrupt, Interrupted) as interrupt:
                raise (signals.error or interrupt) from interrupt


@contextlib.contextmanager
def _handlers(signals: Signals, sender: socket.socket) -> Iterator[None]:
    ours = [number for number in _STOPS if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler)]
    before = {number: signal.signal(number, signals.interrupt) for number in ours}
    descriptor = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    watcher = threading.Thread(target=signals.watch, name="signals", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(descriptor)
        for number, handler in before.items():
            signal.signal(number, handler)
        sender.shutdown(socket.SHUT_WR)
        watcher.join()


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _leave(number: int) -> None:
    """End the process at once. Its children notice by their pipes; nothing of the interpreter is run any more."""
    with contextlib.suppress(OSError):
        os.write(2, (_SHOW_CURSOR if os.isatty(2) else b"") + f"stargrove: stopped at once; {HINT}\n".encode())
    os._exit(128 + number)
