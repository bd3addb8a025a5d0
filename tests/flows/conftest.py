"""The commands begin in homes whose lakes are copies of one that was created once."""

import pytest


@pytest.fixture(autouse=True)
def lakes(new_lakes_are_copies: None) -> None:
    """Every test of this folder."""
