"""One evolution for all tests that need a finished one: it takes a minute."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from tests.integration.small_evolution import evolved, home_with_server, tables


@dataclass(frozen=True)
class Undisturbed:
    """The home of an evolution that nobody disturbed, and its rows when it ended; tests may add measurements."""

    home: Path
    tables: dict[str, pl.DataFrame]


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Undisturbed]:
    with home_with_server(tmp_path_factory.mktemp("undisturbed") / "home") as home:
        finished = evolved(home)
        assert finished.returncode == 0, finished.stderr[-2000:]
        yield Undisturbed(home, tables(home))
