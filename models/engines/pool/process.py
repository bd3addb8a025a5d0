"""A process that holds one engine and answers its parent over a pipe.

Requests are read by a thread of their own, so that the parent's sends never wait for a turn of the engine; without it, both
ends could wait for each other with full pipes.
"""

import contextlib
import os
import queue
import signal
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Final

from models.engines.base import Engine
from models.engines.pool.messages import Answered, Close, Failed, Load, Order, Ready, Starved, Submit
from warehouse.errors import StargroveError

_TURN_SECONDS: Final = 0.002
"""How long to wait for an engine that computes elsewhere before looking for orders; in-process engines compute instead."""


def serve(connection: Connection, open_engine: Callable[[], Engine], n_threads: int) -> None:
    """Open the engine and serve until Close. Without its parent the process ends at once, with all that it started."""
    # A group of its own: Ctrl-C does not reach it, for the parent decides what becomes of its engines, and what it starts ends
    # with it.
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Read when OpenMP is loaded, by torch, which nothing has imported yet. The parent cannot say it: what it changes in its
    # environment, even for a moment, pulls the ground from under its other threads, which copy theirs.
    os.environ["OMP_NUM_THREADS"] = str(n_threads)
    orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(connection, orders), daemon=True).start()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the parent is gone, and nobody is left to tell
        try:
            _serve(connection, orders, open_engine)
        except StargroveError as error:
            connection.send(Failed(str(error)))
        except MemoryError:
            connection.send(Failed("its memory ran out"))


def _read(connection: Connection, orders: "queue.SimpleQueue[Order]") -> None:
    try:
        while True:
            orders.put(connection.recv())
    except MemoryError:
        orders.put(Starved())  # the thread that serves has to know, for nothing can be ordered any more
    except (EOFError, OSError):
        # The parent is gone, and whatever still runs here computes, loads or hangs for nobody.
        os.killpg(0, signal.SIGKILL)


def _serve(connection: Connection, orders: "queue.SimpleQueue[Order]", open_engine: Callable[[], Engine]) -> None:
    with contextlib.closing(open_engine()) as engine:
        connection.send(Ready())
        while _obey(connection, orders, engine):
            answers = engine.poll(_TURN_SECONDS) if engine.n_pending else []
            if answers:
                connection.send(Answered(tuple(answers)))


def _obey(connection: Connection, orders: "queue.SimpleQueue[Order]", engine: Engine) -> bool:
    """Carry out what was ordered, waiting for an order where the engine has nothing to do; return whether to go on."""
    while not (engine.n_pending and orders.empty()):
        match orders.get():
            case Submit(requests=requests):
                for request in requests:
                    engine.submit(request)
            case Load(policy=policy, ppm=ppm):
                engine.load(policy, ppm)
                connection.send(Ready())
            case Starved():
                raise MemoryError
            case Close():
                return False
    return True
