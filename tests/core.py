"""A plugin of pytest for `make test-core`: the tests of the core run where the heavy libraries cannot be imported at all.

python -m pytest -p tests.core -m "not integration and not soak" tests/search ...
"""

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

HEAVY: Final = ("prefect", "duckdb", "torch", "vllm", "trl", "transformers", "great_expectations")
"""What the core does without; each takes from half a second to ten seconds to import."""


class Refusal(MetaPathFinder, Loader):
    """Finds the heavy libraries, since others ask whether they are there, and imports none."""

    def find_spec(self, name: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return where a heavy library comes from: from here."""
        return ModuleSpec(name, self) if name.partition(".")[0] in HEAVY else None

    def exec_module(self, module: ModuleType) -> None:
        """Raise ImportError."""
        raise ImportError(f"the core must do without {module.__name__}")


def pytest_configure() -> None:
    """Refuse the heavy libraries, none of which may be there already."""
    there = sorted(set(HEAVY) & set(sys.modules))
    assert not there, f"{there} imported before the core's tests began"
    sys.meta_path.insert(0, Refusal())
