"""`stargrove` with an engine whose turns take five minutes, as those of a large model may. Run with `python -m`.

Engine processes import the main module of their parent, so they are slow, too.
"""

import time

from models.engines.base import Answer
from models.engines.transformers.engine import TransformersEngine

TURN_SECONDS = 300.0

_poll = TransformersEngine.poll


def _slow_poll(engine: TransformersEngine, timeout_seconds: float) -> list[Answer]:
    print("the engine takes its turn", flush=True)
    time.sleep(TURN_SECONDS)
    return _poll(engine, timeout_seconds)


TransformersEngine.poll = _slow_poll  # type: ignore[method-assign]

if __name__ == "__main__":
    from flows.cli.app import run

    run()
