"""The shipped profiles: a folder of settings files. A file that is put here is a profile; nothing else has to know it.

Each begins with a comment that says what it is for and on which machine, and states only what it changes in the profile that
it `extends`, or in the defaults. Every value stands below a comment with its source or reason.
"""

from importlib.resources import files
from itertools import takewhile
from typing import Final

DEFAULT_PROFILE: Final = "tiny-cpu"

_FOLDER: Final = files("flows") / "profiles"

PROFILES: Final = tuple(sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if file.name.endswith(".toml")))


def profile_text(profile: str) -> str:
    """Return one of PROFILES as it stands in its file, comments included."""
    return (_FOLDER / f"{profile}.toml").read_text(encoding="utf-8")


def purpose(profile: str) -> str:
    """Return the comment at the beginning of a profile: for what and for which machine it is."""
    comment = takewhile(lambda line: line.startswith("#"), profile_text(profile).splitlines())
    return " ".join(line.removeprefix("#").strip() for line in comment)
