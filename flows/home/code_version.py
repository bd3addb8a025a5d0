"""Which code produced a row."""

import subprocess
from importlib.metadata import version
from pathlib import Path


def code_version() -> str:
    """Return the package version, and in a git checkout the commit, marked where files differ from it."""
    released = version("stargrove")
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return released  # not a checkout, or no git: the released version says all there is
    return f"{released}+{described.stdout.strip()}"
