"""The project declares what it imports."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OURS = {"flows", "tasks", "models", "warehouse", "tests"}
COME_WITH_THEIR_PARENT = {"pydantic_core"}


def imported_by(folder: str) -> set[str]:
    """Return the top-level modules of others that the files of a folder import."""
    names: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - OURS - COME_WITH_THEIR_PARENT - set(sys.stdlib_module_names)


def declared(*groups: str) -> set[str]:
    lines = [*PROJECT["dependencies"], *(line for group in groups for line in PROJECT["optional-dependencies"][group])]
    return {re.split(r"[\[<>=!~; ]", line)[0].lower().replace("_", "-") for line in lines}


@pytest.mark.parametrize(
    ("folder", "groups"), [("flows", ()), ("tasks", ()), ("models", ("cpu",)), ("warehouse", ()), ("tests", ("cpu", "dev"))]
)
def test_what_is_imported_is_declared(folder: str, groups: tuple[str, ...]) -> None:
    distributions = packages_distributions()
    missing = {
        module
        for module in imported_by(folder)
        if not {name.lower().replace("_", "-") for name in distributions.get(module, [])} & declared(*groups)
    }
    assert missing == set()
