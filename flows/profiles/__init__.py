"""The shipped profiles: a folder of settings files. A file that is put here is a profile; nothing else has to know it.

Each begins with a comment that says what it is for and on which machine, and states only what it changes in the profile that
it `extends`, or in the defaults. Every value stands below a comment with its source or reason.
"""

from collections.abc import Iterator
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


def rules(profile: str) -> tuple[str, ...]:
    """Return the list that stands among the comments before the first section: rules that no setting of the profile changes."""
    beginning = takewhile(lambda line: not line.startswith("["), profile_text(profile).splitlines())
    found: list[str] = []
    for line in beginning:
        if line.startswith("# - "):
            found.append(line.removeprefix("# - "))
        elif line.startswith("#   ") and found:
            found[-1] += " " + line.removeprefix("#   ")
    return tuple(found)


def reasons(profile: str) -> dict[str, str]:
    """Return the comment above each value that a profile states, by its dotted key; rounds count from 1."""
    return dict(_reasons(profile_text(profile).splitlines()))


def _reasons(lines: list[str]) -> Iterator[tuple[str, str]]:
    section, n_rounds = "", 0
    comment: list[str] = []
    for line in lines:
        if line.startswith("#"):
            comment.append(line.removeprefix("#").strip())
        elif line == "[[rounds]]":
            # The comment above it, which may explain the first value of the round, is kept.
            n_rounds += 1
            section = f"rounds.{n_rounds}."
        else:
            if line.startswith("["):
                section = f"{line.strip('[]')}."
            elif "=" in line and section:
                yield section + line.partition("=")[0].strip(), " ".join(comment)
            comment = []
