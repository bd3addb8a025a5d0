"""Fixtures that every test may use."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import BUCKET, PostgresServer, S3Server, moto_server, postgres_server, rclone_server

_DATA_VARIABLE = "STARGROVE_TEST_DATA"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with gsm8k/ and benchmarks/: $STARGROVE_TEST_DATA, or ../shared/data beside the repository."""
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    folder = Path(os.environ.get(_DATA_VARIABLE, default))
    if not (folder / "benchmarks").is_dir():
        pytest.skip(f"no real data: {folder} has no benchmarks/; set {_DATA_VARIABLE} to a folder with gsm8k/ and benchmarks/")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with moto_server(tmp_path_factory.mktemp("moto")) as server:
        yield server


@pytest.fixture(scope="session")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with rclone_server(tmp_path_factory.mktemp("rclone")) as server:
        yield server


@pytest.fixture(params=["moto", "rclone"])
def s3(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """Each of the servers that speak S3, whose credentials are in the environment."""
    server: S3Server = request.getfixturevalue(request.param)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def bucket(s3: S3Server) -> str:
    """The address of a prefix that nobody used before."""
    return f"s3://{BUCKET}/{uuid.uuid4().hex[:12]}"
