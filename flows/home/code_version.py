"""Which code produced a row."""

import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
WRITTEN: Final = "commit.txt"
"""Where an image, which has no history, has its commit (infra/Dockerfile)."""


def code_version(root: Path = ROOT) -> str:
    """Return the package version and the commit: in a git checkout marked where files differ from it, in an image as written.

    Where neither is there, the version says all there is.
    """
    released = version("stargrove")
    commit = _described(root) or _written(root)
    return f"{released}+{commit}" if commit else released


def _described(root: Path) -> str:
    # The nearest history may be that of another repository, in which this one lies.
    if not (root / ".git").exists():
        return ""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _written(root: Path) -> str:
    try:
        return (root / WRITTEN).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
