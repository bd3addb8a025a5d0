"""SIGINT, SIGTERM and failures that no task sees: the work of this process ends within seconds, whatever its threads wait for.

    with heeded() as signals:
        with opened(...) as resources:
            signals.tell(resources.stop)      called once, by a thread of its own, when the first signal comes
            ...                               the main thread gets a KeyboardInterrupt as soon as it runs Python again

Python's own handlers run only between two instructions of the main thread, which may be in a model's step or joining a pool of
threads for minutes. The byte that the interpreter writes into the wakeup descriptor comes at once, so a thread that reads it
tells everybody. A second Ctrl-C, or the end of the patience with a step that cannot be stopped, ends the process where it is:
what is committed stays, and its children end with it.

    signals.fail(error)                       from a thread that watches: ends the work in the same way, with this error
"""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final, NoReturn

from warehouse.errors import Interrupted, StargroveError, Terminated

PATIENCE_SECONDS: Final = 14.0
"""How long tasks may take to end by themselves after a signal. Who stops machines asks for 20 to 30 s in all."""

FAILURE_PATIENCE_SECONDS: Final = 5.0
"""The same after a failure: Prefect would only try to report it to a server that is gone."""

HINT: Final = "run the same command again to go on: finished shards and checkpoints are not repeated"
_SHOW_CURSOR: Final = b"\x1b[?25h"
_STOPS: Final = (signal.SIGINT, signal.SIGTERM)
_FAILED: Final = signal.SIGUSR1
"""What `fail` sends to the main thread, which may be waiting for something that never comes."""


class Signals:
    """What came, and who is told. Mutable; a thread of its own reads the descriptor."""

    def __init__(self, receiver: socket.socket) -> None:
        self.first: int | None = None
        self._receiver = receiver
        self._actions: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._interrupted_by: int | None = None
        self.failure: StargroveError | None = None

    def tell(self, action: Callable[[], None]) -> None:
        """Call the action when the first signal comes, or now if it came before."""
        with self._lock:
            self._actions.append(action)
            is_late = self.first is not None
        if is_late:
            action()

    def fail(self, error: StargroveError) -> None:
        """End the work because of an error, unless a signal has done so. Any thread but the main one may call this."""
        with self._lock:
            if self.first is not None:
                return
            self.failure = error
            actions = tuple(self._actions)
        if signal.getsignal(_FAILED) == self.interrupt:
            signal.pthread_kill(threading.main_thread().ident or 0, _FAILED)
        else:  # nobody hears signals here; what is told to stop raises Interrupted
            for action in actions:
                action()

    def watch(self) -> None:
        """Read signals until the sending end is closed."""
        while True:
            try:
                numbers = self._receiver.recv(64)
            except TimeoutError:
                self._leave(self.first or signal.SIGTERM)
            if not numbers:
                return
            for number in numbers:
                if number in (*_STOPS, _FAILED):
                    self._take(number)

    def _take(self, number: int) -> None:
        if self.first is not None:
            # Prefect sends itself another SIGTERM when it has dealt with the first; only a person's second Ctrl-C is a word.
            if number == signal.SIGINT:
                self._leave(number)
            return
        with self._lock:
            self.first = number
            actions = tuple(self._actions)
        self._receiver.settimeout(PATIENCE_SECONDS if number in _STOPS else FAILURE_PATIENCE_SECONDS)
        for action in actions:
            action()

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Python's handler: raise KeyboardInterrupt in the main thread, once, so that what follows can clean up in peace."""
        if self._interrupted_by is None:
            self._interrupted_by = number
            raise KeyboardInterrupt

    @property
    def error(self) -> StargroveError | None:
        """What the command ends with after a signal or a failure; None where neither came."""
        number = self._interrupted_by or self.first
        if number is None or number == _FAILED:
            return self.failure
        return Terminated("terminated", hint=HINT) if number == signal.SIGTERM else Interrupted("interrupted", hint=HINT)

    def _leave(self, number: int) -> NoReturn:
        """End the process at once. Its children notice by their pipes; nothing of the interpreter is run any more."""
        failure = self.failure if number == _FAILED else None
        line, code = (f"stopped at once; {HINT}", 128 + number) if failure is None else (str(failure), failure.exit_code)
        with contextlib.suppress(OSError):
            os.write(2, (_SHOW_CURSOR if os.isatty(2) else b"") + f"stargrove: {line}\n".encode())
        os._exit(code)


@contextlib.contextmanager
def heeded() -> Iterator[Signals]:
    """Yield what tells others of the first signal. Raises Interrupted, Terminated or the failure for the work that it ended.

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
            except Exception as error:
                if signals.failure is None:
                    raise
                raise signals.failure from error  # whatever failed after it did so because of it


@contextlib.contextmanager
def _handlers(signals: Signals, sender: socket.socket) -> Iterator[None]:
    ours = [number for number in (*_STOPS, _FAILED) if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler)]
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
