"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest

_DATA_VARIABLE = "STARGROVE_TEST_DATA"


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with gsm8k/ and benchmarks/: $STARGROVE_TEST_DATA, or ../shared/data beside the repository."""
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    folder = Path(os.environ.get(_DATA_VARIABLE, default))
    if not (folder / "benchmarks").is_dir():
        pytest.skip(f"no real data: {folder} has no benchmarks/; set {_DATA_VARIABLE} to a folder with gsm8k/ and benchmarks/")
    return folder
