"""The commands begin in homes whose lakes are copies of one that was created once."""

import pytest

from tests.warehouse.two_rounds import two_rounds

__all__ = ["two_rounds"]


@pytest.fixture(autouse=True)
def lakes(new_lakes_are_copies: None) -> None:
    """Every test of this folder."""
