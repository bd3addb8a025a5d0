"""Fixtures that every test may use, and which tests run together where several workers share them out (pytest-xdist)."""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.servers import BUCKET, PostgresServer, S3Server, moto_server, postgres_server, rclone_server

_DATA_VARIABLE = "STARGROVE_TEST_DATA"

# Before anything loads OpenMP: threads of two workers on two cores would wait for each other, spinning.
os.environ.setdefault("OMP_NUM_THREADS", "1")

TOGETHER = {
    "an evolution": tuple(f"tests/integration/test_{name}" for name in ("resume", "thinking", "server_loss")),
    "other evolutions": ("tests/integration/",),
    "vLLM": ("tests/models/test_engine_vllm", "tests/models/test_engine_http_vllm"),
    "trees": ("tests/search/test_same_trees",),
    "attacks": ("tests/sandbox/test_attacks",),
    "trainers": ("tests/models/test_training_process",),
    "Postgres and S3": (
        *(f"tests/warehouse/test_{name}" for name in ("exactly_once", "postgres", "move", "s3", "maintenance")),
        "tests/warehouse/test_backup_lake",
        "tests/flows/test_object_paths",
        "tests/flows/test_backup",
    ),
}
"""Tests that one worker runs, so that what they share is started once; those that take longest come first, so that no worker
is left with them at the end. Beginnings of paths; every other file is for itself."""


class Together(LoadScopeScheduling):
    """Gives each worker a whole group at a time, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(test: str) -> str:
    """Return the group of TOGETHER that a test belongs to, or its file."""
    path = test.partition("::")[0]
    return next((group for group, beginnings in TOGETHER.items() if path.startswith(beginnings)), path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    """Return how tests are shared out between workers."""
    return Together(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the groups of TOGETHER before the other files."""
    place = {group: number for number, group in enumerate(TOGETHER)}
    items.sort(key=lambda item: place.get(group_of(item.nodeid), len(place)))


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


@pytest.fixture(params=["moto", pytest.param("rclone", marks=pytest.mark.soak)])
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


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty lake, to be copied: creating the tables takes longer than most tests."""
    from warehouse.store.lake import Warehouse

    home = tmp_path_factory.mktemp("empty")
    Warehouse.open(home).close()
    return home


@pytest.fixture
def new_lakes_are_copies(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this process opens a home without a lake, it finds a copy of the empty one."""
    from warehouse.places.location import Location, catalog_path, lake_directory
    from warehouse.store.connection import make_directories

    def copied(location: Location) -> None:
        make_directories(location)
        if not location.catalog and not location.data and not catalog_path(location.home).exists():
            shutil.copytree(empty_home / "lake", lake_directory(location.home), dirs_exist_ok=True)

    monkeypatch.setattr("warehouse.store.opening.make_directories", copied)
