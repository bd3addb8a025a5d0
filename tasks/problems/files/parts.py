"""Choose the part of a data set that a split is for, from names such as {"train": [..]}, train/ and test-00000.parquet."""

import re
from collections.abc import Collection
from typing import Final

from warehouse.errors import BadInput

_PARTS: Final = {"train": "train", "training": "train", "test": "test"} | dict.fromkeys(
    ("validation", "valid", "val", "dev", "eval"), "validation"
)
_WORD: Final = re.compile(r"[a-z]+")


def part_of(name: str) -> str | None:
    """Return which split the name of a file, a folder or a list speaks of, None where of none or of several."""
    found = {_PARTS[word] for word in _WORD.findall(name.lower()) if word in _PARTS}
    return found.pop() if len(found) == 1 else None


def chosen_part(parts: Collection[str], wanted: str | None, where: str) -> str:
    """Return the one part there is, or that of the split that is wanted. Raises BadInput where the choice is not clear.

    To take all would put test problems into training.
    """
    if len(parts) == 1:
        return next(iter(parts))
    named = [part for part in parts if wanted is not None and part_of(part) == wanted]
    if len(named) == 1:
        return named[0]
    raise BadInput(
        f"{where} has several parts: {', '.join(sorted(parts))}",
        hint="name one of them in the path, or give the --split that it is for",
    )
