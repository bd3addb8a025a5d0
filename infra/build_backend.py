"""The build backend of pyproject.toml: an editable install of a checkout, and nothing else.

A wheel would put packages called `flows`, `tasks`, `models` and `warehouse` beside everybody else's, where the next `tasks`
overwrites them. So a checkout with an environment of its own is the only unit, and the hooks that would make another refuse.
"""

from typing import NoReturn

from setuptools.build_meta import build_editable, get_requires_for_build_editable, prepare_metadata_for_build_editable

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "prepare_metadata_for_build_editable",
]

REFUSAL = (
    "Stargrove is used from a checkout and cannot be built into a package: clone the repository and run `make install` in it "
    "(or `pip install --no-deps --no-build-isolation --editable .` in an environment of its own)"
)


def build_wheel(
    wheel_directory: str, config_settings: dict[str, object] | None = None, metadata_directory: str | None = None
) -> NoReturn:
    """Refuse in one line. Raises SystemExit, because pip prints its message alone and any other error as a traceback."""
    raise SystemExit(REFUSAL)


def build_sdist(sdist_directory: str, config_settings: dict[str, object] | None = None) -> NoReturn:
    """Refuse in one line, as `build_wheel` does."""
    raise SystemExit(REFUSAL)
