"""The home's Prefect server: which one is used, and what is said when it cannot be."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.home.prefect_environment import prefect_folder
from flows.home.prefect_server import is_healthy, open_server, running_server, stop_server
from warehouse.errors import BadInput, Unavailable


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        yield int(busy.getsockname()[1])


@pytest.fixture(autouse=True)
def no_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.delenv("PREFECT_SERVER_API_PORT", raising=False)


def record(home: Path, process_id: int, port: int) -> None:
    folder = prefect_folder(home)
    folder.mkdir(parents=True)
    (folder / "server.json").write_text(json.dumps({"process_id": process_id, "port": port}))


def test_a_named_server_is_used_and_none_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.example/api/")
    server = open_server(tmp_path)
    assert (server.url, server.ui_url, server.process_id) == ("http://prefect.example/api", "http://prefect.example", None)
    assert not prefect_folder(tmp_path).exists()


def test_a_wanted_port_that_is_taken_is_refused(tmp_path: Path, taken_port: int) -> None:
    with pytest.raises(BadInput, match=f"port {taken_port} on 127.0.0.1 is in use"):
        open_server(tmp_path, port=taken_port)


def test_the_port_may_come_from_prefects_own_variable(tmp_path: Path, taken_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_SERVER_API_PORT", str(taken_port))
    with pytest.raises(BadInput, match=f"port {taken_port}"):
        open_server(tmp_path)


def test_a_process_of_another_home_is_not_taken_for_the_server(tmp_path: Path) -> None:
    record(tmp_path, os.getpid(), 4200)
    assert running_server(tmp_path) is None
    assert not stop_server(tmp_path)


def test_a_live_process_of_this_home_is_the_server(tmp_path: Path) -> None:
    environment = {**os.environ, "PREFECT_HOME": str(prefect_folder(tmp_path))}
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, env=environment, start_new_session=True
    ) as process:
        record(tmp_path, process.pid, 4321)
        server = running_server(tmp_path)
        assert server is not None
        assert server.ui_url == "http://127.0.0.1:4321"
        assert stop_server(tmp_path)
        assert running_server(tmp_path) is None


def test_a_damaged_record_says_what_to_do(tmp_path: Path) -> None:
    record(tmp_path, 1, 1)
    (prefect_folder(tmp_path) / "server.json").write_text("{")
    with pytest.raises(BadInput, match="delete that file"):
        running_server(tmp_path)


def test_waiting_for_a_server_that_does_not_answer_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken_port: int
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(Unavailable, match="did not answer within 0 s; check PREFECT_API_URL"):
        open_server(tmp_path).wait(timeout_seconds=0)


def test_clients_send_nothing_to_anyone_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    environment = open_server(tmp_path).client_environment
    assert environment["DO_NOT_TRACK"] == "1"
    assert environment["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:9/api"


@pytest.mark.integration
def test_a_server_starts_is_found_again_and_stops(tmp_path: Path) -> None:
    server = open_server(tmp_path)
    try:
        server.wait()
        assert is_healthy(server.url)
        assert running_server(tmp_path) == server
        assert open_server(tmp_path) == server
        assert (prefect_folder(tmp_path) / "prefect.db").exists()
    finally:
        assert stop_server(tmp_path)
    assert not is_healthy(server.url)
