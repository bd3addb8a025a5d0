"""The project declares what it imports."""

import ast
import graphlib
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


def imports_of(folders: tuple[str, ...]) -> dict[str, set[str]]:
    """Return, by module of ours, the modules of ours that it imports, at its top or in a function."""
    paths = {
        path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for one in folders for path in (ROOT / one).rglob("*.py")
    }
    modules = {path: name.removesuffix(".__init__") for path, name in paths.items()}
    known = set(modules.values())
    imports: dict[str, set[str]] = {}
    for path, name in modules.items():
        found = {module for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) for module in named_by(node)}
        # `from a import b` may mean the module a.b or a name in a.
        imports[name] = {one if one in known else one.rpartition(".")[0] for one in found} & known - {name}
    return imports


def named_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def test_no_module_imports_itself_through_others() -> None:
    imports = imports_of(("flows", "tasks", "models", "warehouse"))
    assert len(imports) > 200
    assert sum(map(len, imports.values())) > 800
    graphlib.TopologicalSorter(imports).prepare()  # raises CycleError, which names the circle
