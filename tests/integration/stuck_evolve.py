"""`stargrove` with an engine whose turn does not end, as that of a large model does not for minutes. Run with `python -m`.

Engine processes import the main module of their parent, so they are stuck, too. The turn is one call into C, as a model's step
is: Python runs no signal handler before it returns.
"""

import ctypes

from models.engines.base import Answer
from models.engines.transformers.engine import TransformersEngine

_LIBC = ctypes.CDLL(None)
_MUTEX = ctypes.create_string_buffer(64)


def _stuck_poll(engine: TransformersEngine, timeout_seconds: float) -> list[Answer]:
    print("the engine takes its turn", flush=True)
    while True:
        _LIBC.pthread_mutex_lock(_MUTEX)  # the second time, it waits for itself


TransformersEngine.poll = _stuck_poll  # type: ignore[method-assign]

if __name__ == "__main__":
    from flows.cli.app import run

    run()
