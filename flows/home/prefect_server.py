"""The Prefect server of one home: started on 127.0.0.1 in the background, and left running for review.

    server = open_server(home)      returns at once; the server needs 8 to 16 s to come up on two cores
    ...                             load the models meanwhile
    server.wait()                   until it is healthy
    os.environ.update(server.client_environment)      before prefect is imported

PREFECT_API_URL names a server to use instead; then nothing is started. A home's own server is found again by
prefect/server.json, and recognised by the PREFECT_HOME in the environment of that process, so that a reused process id or
port never leads to the history of another home.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from flows.home.prefect_environment import HOST, api_url, client_environment, prefect_folder, server_environment
from warehouse.errors import BadInput, Unavailable

USUAL_PORT = 4200
START_TIMEOUT_SECONDS = 300.0
"""Two quiet cores need 8 to 16 s; with fifteen times more work than cores, 180 s were once not enough."""
NAMED_TIMEOUT_SECONDS = 10.0
"""A server that somebody else started is there, or nobody knows when it will be."""
_KILL_SECONDS = 5.0
_NAMED_HINT = "check PREFECT_API_URL, or unset it to use a server of the home's own"


@dataclass(frozen=True, slots=True)
class PrefectServer:
    """A server that is starting or running. `process_id` is None where PREFECT_API_URL named one that is not ours."""

    home: Path
    url: str
    process_id: int | None

    @property
    def ui_url(self) -> str:
        """The address of the UI."""
        return self.url.removesuffix("/api")

    @property
    def client_environment(self) -> dict[str, str]:
        """The environment variables under which flows report to this server."""
        return client_environment(self.home, self.url)

    @property
    def is_running(self) -> bool:
        """Whether the process of a home's own server is alive; a server that is not ours is taken to be."""
        return self.process_id is None or _is_server_of(self.home, self.process_id)

    @property
    def hint(self) -> str:
        """What to look at where it does not answer."""
        return _NAMED_HINT if self.process_id is None else _log_hint(self.home)

    def wait(self, timeout_seconds: float | None = None) -> None:
        """Return once the server answers. Raises Unavailable where it ended, or did not answer in time."""
        if timeout_seconds is None:
            timeout_seconds = NAMED_TIMEOUT_SECONDS if self.process_id is None else START_TIMEOUT_SECONDS
        deadline = time.monotonic() + timeout_seconds
        while not is_healthy(self.url):
            if not self.is_running:
                raise Unavailable(f"the Prefect server ended while it started: {_last_log_line(self.home)}", hint=self.hint)
            if time.monotonic() > deadline:
                message = f"the Prefect server at {self.url} did not answer within {timeout_seconds:.0f} s"
                raise Unavailable(message, hint=self.hint)
            time.sleep(0.1)


def open_server(home: Path, *, port: int = 0) -> PrefectServer:
    """Return the server to use, at once: that of PREFECT_API_URL, the home's running one, or one that starts now.

    port 0 takes PREFECT_SERVER_API_PORT, else 4200, else a free one. Raises BadInput where a port that was asked for is taken,
    and where PREFECT_API_URL is no address.
    """
    named = os.environ.get("PREFECT_API_URL")
    if named:
        if not named.startswith(("http://", "https://")):
            raise BadInput(f"PREFECT_API_URL = {named!r} is no address", hint="it looks like http://127.0.0.1:4200/api")
        return PrefectServer(home, named.rstrip("/"), None)
    running = running_server(home)
    if running is not None:
        return running
    return _start(home, _choose_port(port or int(os.environ.get("PREFECT_SERVER_API_PORT", "0"))))


def restart(server: PrefectServer) -> PrefectServer:
    """Return a home's own server, started again on its port over the same history. What is left of the old one is killed.

    Where another command was quicker, the server that it started is returned.
    """
    running = running_server(server.home)
    if running is not None and running.process_id != server.process_id:
        return running
    assert server.process_id is not None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.process_id, signal.SIGKILL)
    deadline = time.monotonic() + _KILL_SECONDS
    while server.is_running and time.monotonic() < deadline:
        time.sleep(0.01)
    port = urllib.parse.urlsplit(server.url).port
    assert port is not None
    return _start(server.home, port)


def _start(home: Path, port: int) -> PrefectServer:
    folder = prefect_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            server_command(port),
            env={**os.environ, **server_environment(home, port)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=folder,
        )
    record = folder / "server.json"
    staged = record.with_suffix(".new")
    staged.write_text(json.dumps({"process_id": process.pid, "port": port}), encoding="utf-8")
    staged.replace(record)
    return PrefectServer(home, api_url(port), process.pid)


def server_command(port: int) -> list[str]:
    """Return the command that serves a home."""
    return [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port), "--analytics-off"]


def running_server(home: Path) -> PrefectServer | None:
    """Return the home's own server where its process is alive, whether or not it answers yet."""
    record = prefect_folder(home) / "server.json"
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
        process_id, port = int(content["process_id"]), int(content["port"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{record} is damaged: {error}", hint="delete that file") from error
    if not _is_server_of(home, process_id):
        return None
    return PrefectServer(home, api_url(port), process_id)


def reviewed_at(home: Path) -> str:
    """Return the address of the UI over a home's runs, or the command that starts it. Asks no server."""
    named = os.environ.get("PREFECT_API_URL")
    if named:
        return named.rstrip("/").removesuffix("/api")
    running = running_server(home)
    return f"stargrove ui --home {home}" if running is None else running.ui_url


def stop_server(home: Path, timeout_seconds: float = 20.0) -> bool:
    """Return whether the home's server was running; it is stopped then, with its worker processes."""
    server = running_server(home)
    if server is None or server.process_id is None:
        return False
    os.killpg(server.process_id, signal.SIGTERM)
    deadline = time.monotonic() + timeout_seconds
    while _is_server_of(home, server.process_id) and time.monotonic() < deadline:
        time.sleep(0.1)
    if _is_server_of(home, server.process_id):
        os.killpg(server.process_id, signal.SIGKILL)
    return True


def is_listening(url: str) -> bool:
    """Return whether something takes connections at the host and port of this address, whether or not it answers."""
    parts = urllib.parse.urlsplit(url)
    try:
        with socket.create_connection(
            (parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)), timeout=3
        ):
            return True
    except OSError:
        return False


def is_healthy(url: str, timeout_seconds: float = 5.0) -> bool:
    """Return whether a Prefect API answers at this address."""
    try:
        with urllib.request.urlopen(
            f"{url}/health", timeout=timeout_seconds
        ) as answer:  # the scheme is http, or what the user named
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, http.client.HTTPException):
        return False


def _choose_port(wanted: int) -> int:
    if wanted:
        if not _is_free(wanted):
            raise BadInput(f"port {wanted} on {HOST} is in use", hint="stop what uses it, or choose another port")
        return wanted
    if _is_free(USUAL_PORT):
        return USUAL_PORT
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _is_server_of(home: Path, process_id: int) -> bool:
    """Return whether this process is alive and was started for this home. A child of ours that ended is reaped on the way."""
    with contextlib.suppress(ChildProcessError):  # it is a child of another `stargrove` then
        os.waitpid(process_id, os.WNOHANG)
    # The environment of a process that has just been started is empty for a moment; that of one that ended stays empty.
    deadline = time.monotonic() + 0.5
    environment = b""
    while not environment and time.monotonic() < deadline:
        try:
            environment = Path(f"/proc/{process_id}/environ").read_bytes()
        except OSError:
            return False
        time.sleep(0 if environment else 0.01)
    return f"PREFECT_HOME={prefect_folder(home)}".encode() in environment.split(b"\0")


def _last_log_line(home: Path) -> str:
    lines = (prefect_folder(home) / "server.log").read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line for line in reversed(lines) if line.strip()), "it wrote nothing")


def _log_hint(home: Path) -> str:
    return f"its log is {prefect_folder(home) / 'server.log'}"
