"""Options that several subcommands share, so that they read and behave the same everywhere."""

from pathlib import Path
from typing import Annotated

import typer

from flows import profiles
from warehouse.errors import BadInput
from warehouse.measured import AnswerMethod
from warehouse.records import Split

HomeOption = Annotated[
    Path,
    typer.Option("--home", metavar="DIR", envvar="STARGROVE_HOME", help="Where lake, checkpoints and Prefect history live."),
]
ProfileOption = Annotated[
    str,
    typer.Option("--profile", metavar="NAME", help=f"A shipped settings file: {', '.join(profiles.PROFILES)}."),
]
FileOption = Annotated[
    Path | None,
    typer.Option("--file", metavar="TOML", help="Your own settings file, laid over the profile that it extends, or --profile."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="One setting, e.g. search.n_rollouts=16. Overrides both; repeatable."),
]

ReasonOption = Annotated[str, typer.Option("--reason", metavar="WORDS", help="Why; it is stored with your name.")]

DEFAULT_PROFILE = profiles.DEFAULT_PROFILE
DEFAULT_HOME = Path(".stargrove")


_METHODS: dict[str, AnswerMethod] = {"greedy": "greedy", "sample": "sample", "beam": "beam", "mcts": "mcts"}
_SPLITS: dict[str, Split] = {"test": "test", "validation": "validation"}


def read_method(text: str) -> AnswerMethod:
    """Return the method of answering that a word names."""
    if text not in _METHODS:
        raise BadInput(f"no method {text!r}", hint=f"choose one of {', '.join(_METHODS)}")
    return _METHODS[text]


def read_methods(text: str) -> tuple[AnswerMethod, ...]:
    """Return the methods of a list like "greedy,mcts", each once."""
    return tuple(dict.fromkeys(read_method(word.strip()) for word in text.split(",")))


def read_split(text: str) -> Split:
    """Return the split of held-out problems that a word names."""
    if text not in _SPLITS:
        raise BadInput(f"no held-out split {text!r}", hint=f"choose one of {', '.join(_SPLITS)}")
    return _SPLITS[text]


def read_levels(text: str) -> tuple[int, ...]:
    """Return the levels of a list like "4,5"; none where it is empty."""
    words = [word.strip() for word in text.split(",")] if text else []
    wrong = [word for word in words if not word.isdigit()]
    if wrong:
        raise BadInput(f"--levels {text!r}: {wrong[0]!r} is no level", hint="give whole numbers, for instance --levels 4,5")
    return tuple(sorted({int(word) for word in words}))
