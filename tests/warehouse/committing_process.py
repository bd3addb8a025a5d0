"""A writer that dies: commits batches of seven nodes and says so, until something kills it.

    python -m tests.warehouse.committing_process HOME POINT N_BATCHES

POINT is where the process kills itself with SIGKILL in its third batch, or `never`.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.warehouse.trees import batch, small_tree
from warehouse.store import lake as store
from warehouse.store.lake import Warehouse


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: die() or function(*arguments)


def after(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments: (function(*arguments), die())[0]


POINTS: dict[str, Callable[[], None]] = {
    "before_the_rows": lambda: setattr(store, "insert_rows", before(store.insert_rows)),
    "between_rows_and_ledger": lambda: setattr(store, "insert_rows", after(store.insert_rows)),
    "between_ledger_and_commit": lambda: setattr(store, "write_ledger", after(store.write_ledger)),
    "after_the_commit": lambda: setattr(Warehouse, "_commit", after(Warehouse._commit)),
    "never": lambda: None,
}


def main(home: Path, point: str, n_batches: int) -> None:
    with Warehouse.open(home) as lake:
        for number in range(n_batches):
            if number == 2:
                POINTS[point]()
            written = batch(1, "rollout", f"{number:03}")
            if not lake.is_committed(written.batch_id):
                lake.commit(written, {"nodes": small_tree(f"t{number}")})
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
