"""A fresh lake for each test, copied from one that was migrated once: creating the tables takes longer than most tests."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import BUCKET, PASSWORD, PostgresServer, S3Server
from tests.warehouse.two_rounds import two_rounds
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

__all__ = ["two_rounds"]


@pytest.fixture
def home(empty_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(empty_home, tmp_path / "home")


@pytest.fixture
def lake(home: Path) -> Iterator[Warehouse]:
    with Warehouse.open(home) as lake:
        yield lake


@pytest.fixture(scope="session")
def migrated(postgres: PostgresServer, moto: S3Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with an empty lake, from which others are copied."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**moto.environment, "PGPASSWORD": PASSWORD}.items():
            patch.setenv(name, value)
        postgres.ask("create database migrated")
        settings = WarehouseSettings(catalog=postgres.address("migrated"), data=f"s3://{BUCKET}/migrated")
        Warehouse.open(tmp_path_factory.mktemp("migrated"), settings).close()
    return "migrated"


@pytest.fixture
def database(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty database, whose password is in the environment."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    name = f"lake_{uuid.uuid4().hex[:12]}"
    postgres.ask(f"create database {name}")
    return postgres.address(name)


@pytest.fixture
def cluster(postgres: PostgresServer, migrated: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> WarehouseSettings:
    """Settings of an empty lake with its catalog in Postgres and its files on S3."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    name = f"lake_{uuid.uuid4().hex[:12]}"
    postgres.ask(f"create database {name} template {migrated}")
    postgres.ask(f"update ducklake_metadata set value = '{bucket}/lake/data/' where key = 'data_path'", name)
    return WarehouseSettings(catalog=postgres.address(name), data=bucket)
