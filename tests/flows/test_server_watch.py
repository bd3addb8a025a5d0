"""A Prefect server that is killed or hangs: the home's own is started again, another's ends the work with one error."""

import os
import queue
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from flows.home import prefect_server, server_watch
from flows.home.prefect_server import PrefectServer, is_healthy, open_server, running_server, stop_server
from flows.home.server_watch import ServerWatch
from tests.servers import free_port
from warehouse.errors import StargroveError, Unavailable

STAND_IN = """
import http.server, sys

class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
"""Answers as a Prefect server does, and starts in no time."""


@dataclass
class Watched:
    """A watched server, and what its watch said and did."""

    server: PrefectServer
    said: "queue.Queue[str]" = field(default_factory=queue.Queue)
    failed: "queue.Queue[StargroveError]" = field(default_factory=queue.Queue)

    def again(self, before: PrefectServer) -> PrefectServer:
        """Return the server that was started in the place of another, once it answers."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            server = running_server(self.server.home)
            if server is not None and server.process_id != before.process_id and is_healthy(server.url):
                return server
            time.sleep(0.05)
        raise AssertionError("it was not started again")


@pytest.fixture(autouse=True)
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PREFECT_API_URL", "PREFECT_SERVER_API_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(prefect_server, "server_command", lambda port: [sys.executable, "-c", STAND_IN, str(port)])
    for name, seconds in {"PAUSE_SECONDS": 0.05, "ANSWER_SECONDS": 1.0, "SILENCE_SECONDS": 2.0, "BUSY_SECONDS": 6.0}.items():
        monkeypatch.setattr(server_watch, name, seconds)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[PrefectServer]:
    server = open_server(tmp_path, port=free_port())
    server.wait()
    yield server
    stop_server(tmp_path)


@pytest.fixture
def watched(own: PrefectServer) -> Iterator[Watched]:
    seen = Watched(own)
    watch = ServerWatch(own, seen.said.put, seen.failed.put)
    watch.start()
    yield seen
    watch.stop()


@pytest.mark.parametrize(
    ("number", "how"), [(signal.SIGKILL, "was killed"), (signal.SIGSTOP, "has not answered for")], ids=["killed", "hanging"]
)
def test_the_homes_own_server_is_started_again_at_its_address(watched: Watched, number: signal.Signals, how: str) -> None:
    before = watched.server
    assert before.process_id is not None
    os.kill(before.process_id, number)
    after = watched.again(before)
    assert (after.url, after.home) == (before.url, before.home)
    said = watched.said.get(timeout=10)
    assert how in said and said.endswith("it is started again, and the work goes on")
    assert watched.failed.empty()
    assert not before.is_running


def test_a_server_that_is_killed_again_and_again_ends_the_work(watched: Watched) -> None:
    server = watched.server
    for _ in range(server_watch.MAX_RESTARTS):
        os.kill(server.process_id or 0, signal.SIGKILL)
        server = watched.again(server)
    os.kill(server.process_id or 0, signal.SIGKILL)
    error = watched.failed.get(timeout=30)
    assert type(error) is Unavailable
    assert error.message.endswith("was killed, after 3 new starts")
    assert "server.log" in error.hint
    assert watched.said.qsize() == server_watch.MAX_RESTARTS


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hanging"])
def test_a_server_of_somebody_else_is_left_alone_and_ends_the_work(own: PrefectServer, number: signal.Signals) -> None:
    seen = Watched(replace(own, process_id=None))
    watch = ServerWatch(seen.server, seen.said.put, seen.failed.put)
    watch.start()
    os.kill(own.process_id or 0, number)
    error = seen.failed.get(timeout=30)
    watch.stop()
    assert (type(error), error.exit_code) == (Unavailable, 1)
    assert error.message.startswith(f"the Prefect server at {own.ui_url} has not answered for")
    assert error.hint.startswith("check PREFECT_API_URL") and "run the same command again" in error.hint
    if number == signal.SIGKILL:
        assert seen.said.empty()
        assert running_server(own.home) is None
    else:
        assert seen.said.get_nowait().endswith("s, and is waited for")
        assert seen.said.empty()
        assert running_server(own.home) == own


def test_a_server_of_somebody_else_that_was_busy_is_forgiven(own: PrefectServer) -> None:
    seen = Watched(replace(own, process_id=None))
    watch = ServerWatch(seen.server, seen.said.put, seen.failed.put)
    watch.start()
    os.kill(own.process_id or 0, signal.SIGSTOP)
    assert seen.said.get(timeout=30).endswith("s, and is waited for")
    os.kill(own.process_id or 0, signal.SIGCONT)
    time.sleep(6)
    watch.stop()
    assert seen.failed.empty()


def test_a_server_that_answers_is_left_alone(watched: Watched) -> None:
    time.sleep(3)
    assert watched.said.empty() and watched.failed.empty()
    assert running_server(watched.server.home) == watched.server
