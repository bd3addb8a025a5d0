"""What follows from the codes of a path alone: which zygote it starts from, and the seeds that its steps find."""

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from tasks.sandbox.worker.processes import Kind

_HEAVY: Final = re.compile(r"\b(?:sympy|numpy|scipy|pandas|mpmath)\b")


def kind_of(path: Iterable[str]) -> Kind:
    """Return the kind of zygote for a path. Code that hides a heavy import from this still runs, only more slowly."""
    return "heavy" if any(_HEAVY.search(code) for code in path) else "light"


def seeds_of(path: tuple[str, ...]) -> list[int]:
    """Return one 62-bit seed per code, each a hash of the path up to that code."""
    seeds = []
    digest = hashlib.blake2b(digest_size=8)
    for code in path:
        digest.update(code.encode("utf-8", "surrogatepass") + b"\0")
        seeds.append(int.from_bytes(digest.copy().digest(), "big") >> 2)
    return seeds
