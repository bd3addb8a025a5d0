"""The core's tests need none of the heavy libraries, so that they take seconds."""

import subprocess
import sys

import pytest

from tests.core import HEAVY, Refusal
from tests.makefile import ROOT, recipe


def core_tests() -> list[str]:
    """Return the files and folders that `make test-core` names."""
    return [word for word in recipe("test-core")[-1].split() if word.startswith("tests/")]


def test_the_modules_and_fixtures_of_the_cores_tests_import_nothing_heavy() -> None:
    marks = "not soak and not integration"
    command = [sys.executable, "-m", "pytest", "-p", "tests.core", "--setup-only", "-q", "-m", marks, *core_tests()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("library", HEAVY)
def test_where_the_core_is_tested_a_heavy_library_cannot_be_imported(library: str) -> None:
    spec = Refusal().find_spec(f"{library}.part", None)
    assert spec is not None and spec.loader is not None
    with pytest.raises(ImportError, match=f"the core must do without {library}"):
        spec.loader.exec_module(type(sys)(f"{library}.part"))
