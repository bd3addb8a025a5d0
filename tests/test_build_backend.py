"""A checkout is the only unit: it is installed editable, and no package is ever built of it."""

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BUILD_SYSTEM = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]


def called(hook: str, checkout: Path, *arguments: Path) -> subprocess.CompletedProcess[str]:
    """Call a hook as pip does: in a process of its own, in the checkout, with the backend found where pyproject.toml says."""
    backend = BUILD_SYSTEM["build-backend"]
    code = f"import sys; sys.path[:0] = {BUILD_SYSTEM['backend-path']!r}; import {backend}; {backend}.{hook}(*sys.argv[1:])"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("hook", ["build_wheel", "build_sdist"])
def test_no_package_is_built_and_one_line_says_what_to_do(hook: str, tmp_path: Path) -> None:
    done = called(hook, ROOT, tmp_path)
    assert done.returncode != 0
    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert "make install" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_editable_install_points_into_the_checkout_and_copies_no_module(tmp_path: Path) -> None:
    checkout, built = tmp_path / "checkout", tmp_path / "built"
    built.mkdir()
    for name in ("flows", "tasks", "models", "warehouse", "infra"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__", "*.safetensors"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout / name)
    done = called("build_editable", checkout, built)
    assert done.returncode == 0, done.stderr
    (wheel,) = built.iterdir()
    with zipfile.ZipFile(wheel) as files:
        outside = [name for name in files.namelist() if ".dist-info/" not in name]
        contents = "".join(files.read(name).decode() for name in outside)
        scripts = next(files.read(name).decode() for name in files.namelist() if name.endswith("entry_points.txt"))
    assert outside and all(name.startswith("__editable__") for name in outside)
    assert str(checkout) in contents
    assert "stargrove = flows.cli.app:run" in scripts
