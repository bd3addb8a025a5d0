"""From content to an id: the one rule by which texts and files get the short names that rows are known by."""

import hashlib
from pathlib import Path
from typing import Final

N_DIGITS: Final = 16
"""64 bits, so that two of a million texts share an id with probability 3e-8."""


def content_id(text: str) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:N_DIGITS]


def file_id(path: Path) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of a file's bytes. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:N_DIGITS]
