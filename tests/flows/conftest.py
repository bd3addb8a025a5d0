"""The commands begin in homes whose lakes are copies of one that was created once."""

from pathlib import Path

import pytest

from tests.flows.one_round import build_one_round
from tests.warehouse.two_rounds import two_rounds

__all__ = ["two_rounds"]


@pytest.fixture(autouse=True)
def lakes(new_lakes_are_copies: None) -> None:
    """Every test of this folder."""


@pytest.fixture(scope="session")
def evolved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one promoted round, to be read, or copied and changed."""
    return build_one_round(tmp_path_factory.mktemp("evolved") / "home")
