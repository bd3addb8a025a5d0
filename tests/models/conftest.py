"""Random models of the tiny shape, written once."""

from pathlib import Path

import pytest

from tests.models.random_model import write_policy, write_ppm


@pytest.fixture(scope="session")
def random_policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a random policy."""
    return write_policy(tmp_path_factory.mktemp("random") / "policy")


@pytest.fixture(scope="session")
def random_ppm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a random PPM."""
    return write_ppm(tmp_path_factory.mktemp("random") / "ppm")
