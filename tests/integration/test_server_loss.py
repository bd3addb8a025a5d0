"""The Prefect server is killed, or stopped so that it hangs, in the middle of a real evolution."""

import os
import signal
from pathlib import Path

import pytest

from flows.home.prefect_server import open_server, running_server
from tests.integration.conftest import Undisturbed
from tests.integration.small_evolution import disturbed, home_with_server, n_batches
from tests.integration.test_resume import assert_ends_like

pytestmark = pytest.mark.integration

QUICKER = ("engine.kind=transformers",)
"""It starts soonest, where nothing is compared with what vLLM did."""


def in_search(home: Path) -> bool:
    return n_batches(home, "rollout") >= 1


@pytest.mark.parametrize(
    ("number", "how"),
    [
        pytest.param(signal.SIGKILL, "was killed", id="killed", marks=pytest.mark.soak),
        pytest.param(signal.SIGSTOP, "has not answered for", id="hanging"),
    ],
)
def test_an_evolution_goes_on_while_its_own_server_is_started_again(
    undisturbed: Undisturbed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, how: str
) -> None:
    monkeypatch.delenv("PREFECT_API_URL")
    with home_with_server(tmp_path / "home") as home:
        first: list[int] = []

        def lose_the_server(_: int) -> None:
            server = running_server(home)
            assert server is not None and server.process_id is not None
            first.append(server.process_id)
            os.kill(server.process_id, number)

        code, said = disturbed(home, in_search, lose_the_server)
        assert code == 0, said[-2000:]
        assert how in said and "it is started again, and the work goes on" in said
        assert "Traceback" not in said and "EventsWorker" not in said
        server = running_server(home)
        assert server is not None and server.process_id not in first
        assert_ends_like(undisturbed, home)


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGKILL, id="killed"),
        pytest.param(signal.SIGSTOP, id="hanging", marks=pytest.mark.soak),
    ],
)
def test_an_evolution_ends_with_one_line_when_the_server_of_somebody_else_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.delenv("PREFECT_API_URL")
    with home_with_server(tmp_path / "elsewhere") as elsewhere:
        server = open_server(elsewhere)
        server.wait()
        monkeypatch.setenv("PREFECT_API_URL", server.url)
        code, said = disturbed(tmp_path / "home", in_search, lambda _: os.kill(server.process_id or 0, number), *QUICKER)
        assert code == 1, said[-2000:]
        last = said.splitlines()[-1]
        assert last.startswith(f"stargrove: the Prefect server at {server.ui_url} has not answered for")
        assert "check PREFECT_API_URL" in last and "run the same command again to go on" in last
        assert "Traceback" not in said
