"""A fresh lake for each test, copied from one that was migrated once: creating the tables takes longer than most tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.store import Warehouse


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("empty")
    Warehouse.open(home).close()
    return home


@pytest.fixture
def home(empty_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(empty_home, tmp_path / "home")


@pytest.fixture
def lake(home: Path) -> Iterator[Warehouse]:
    with Warehouse.open(home) as lake:
        yield lake
