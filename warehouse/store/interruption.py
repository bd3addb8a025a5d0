"""A query that a person may stop: DuckDB's readers do not look for signals, so that Ctrl-C would wait for the last row."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final, TypeVar

import duckdb

Value = TypeVar("Value")

_GLANCE_SECONDS: Final = 0.1


def interruptible(cursor: duckdb.DuckDBPyConnection, read: Callable[[duckdb.DuckDBPyConnection], Value]) -> Value:
    """Return what `read` returns. Raises KeyboardInterrupt after a Ctrl-C, once the cursor's query has stopped."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="query") as pool:
        found = pool.submit(read, cursor)
        try:
            # A signal may reach another thread than this one, which then learns of it only when it wakes.
            while wait([found], timeout=_GLANCE_SECONDS).not_done:
                continue
        except KeyboardInterrupt:
            cursor.interrupt()
            wait([found])
            raise
        return found.result()
