"""Name problems by what they say."""

import hashlib
import unicodedata

ID_LENGTH = 16
"""Hexadecimal digits: 64 bits, so that two of a million statements share an id with probability 3e-8."""


def problem_id(statement: str) -> str:
    """Return the content hash of a statement: 16 hexadecimal digits.

    Spacing and Unicode composition do not count, because copies of a data set differ in them; letter case and everything
    else does.
    """
    canonical = " ".join(unicodedata.normalize("NFC", statement).split())
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()[:ID_LENGTH]
