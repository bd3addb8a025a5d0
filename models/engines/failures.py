"""Turn whatever a serving library raises into the one error that the search knows how to treat."""

from collections.abc import Iterator
from contextlib import contextmanager

from warehouse.errors import EngineUnavailable, StargroveError

_HINT = "see the cause with --debug; lower engine.max_num_seqs or engine.kv_cache_mib if memory ran out"


@contextmanager
def engine_failures(doing: str) -> Iterator[None]:
    """Raise EngineUnavailable, saying what was being done and why it failed, in place of a library's exception."""
    try:
        yield
    except StargroveError:
        raise
    except Exception as error:
        raise EngineUnavailable(f"{doing} failed: {type(error).__name__}: {error}", hint=_HINT) from error
