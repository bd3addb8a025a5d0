"""Name problems by what they say."""

import unicodedata

from warehouse.ids import content_id


def problem_id(statement: str) -> str:
    """Return the content hash of a statement: 16 hexadecimal digits.

    Spacing and Unicode composition do not count, because copies of a data set differ in them; letter case and everything
    else does.
    """
    canonical = " ".join(unicodedata.normalize("NFC", statement).split())
    return content_id(canonical)
