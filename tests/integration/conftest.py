"""One Prefect server for all flows of these tests, and one evolution for all that need a finished one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from flows.home.prefect_server import open_server, stop_server
from tests.integration.small_evolution import evolved, tables


@dataclass(frozen=True)
class Undisturbed:
    """The home of an evolution that nobody disturbed, and its rows when it ended; tests may add measurements."""

    home: Path
    tables: dict[str, pl.DataFrame]


@pytest.fixture(scope="session")
def prefect_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prefect server; starting one takes longer than most of what is reported to it."""
    folder = tmp_path_factory.mktemp("prefect")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PREFECT_API_URL", raising=False)
        server = open_server(folder)
    try:
        server.wait()
        yield server.url
    finally:
        stop_server(folder)


@pytest.fixture(autouse=True)
def flows_report_to_it(prefect_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test removes the variable, the home has a server of its own, as for a user."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_url)


@pytest.fixture(scope="session")
def undisturbed(prefect_url: str, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_API_URL", prefect_url)
        finished = evolved(home)
    assert finished.returncode == 0, finished.stderr[-2000:]
    return Undisturbed(home, tables(home))
