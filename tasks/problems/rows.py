"""A row of an input file as it stands there, before anybody knows what it means."""

from dataclasses import dataclass
from typing import Final

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A parsed JSON value."""


class RowError(ValueError):
    """A row cannot become a problem; the message is the reason that quarantine shows."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """An input row as it stands in the file: its fields, or the fault that kept it from being read.

    line_number counts from 1: the line in a text file, the row where rows are no lines (Parquet, Arrow, a list inside an
    object). file: which of several files of a folder or an archive, else empty. is_mended: whether backslashes that JSON does
    not allow had to be doubled before it could be read.
    """

    line_number: int
    raw: str
    fields: dict[str, Json]
    fault: str | None = None
    file: str = ""
    is_mended: bool = False


def row_of(value: Json, raw: str, line_number: int, *, is_mended: bool = False) -> RawRow:
    """Return the row that a parsed value is; a value that is no object has that as its fault."""
    if isinstance(value, dict):
        return RawRow(line_number, raw, value, is_mended=is_mended)
    return RawRow(line_number, raw, {}, f"not an object but {_KINDS[type(value)]}")


_KINDS: Final[dict[type, str]] = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
}
