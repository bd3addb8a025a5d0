"""Read problem files row by row, so that each row keeps its place in the file.

What cannot be read at all is BadInput; a row that cannot be read is a row with a fault, because one broken line says nothing
about its neighbours. In a JSON array, in contrast, nothing after a syntax error can be trusted.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warehouse.errors import BadInput

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""A parsed JSON value."""

_WHITESPACE: Final = " \t\r\n"
_FORMS: Final = "give a .jsonl, .json or .parquet file whose rows have the fields question and answer"


@dataclass(frozen=True, slots=True)
class RawRow:
    """An input row as it stands in the file: its fields, or the fault that kept it from being read.

    line_number counts from 1: the line in a text file, the row in a Parquet file.
    """

    line_number: int
    raw: str
    fields: dict[str, Json]
    fault: str | None = None


def read_rows(path: Path) -> Iterator[RawRow]:
    """Return the rows of a JSONL, JSON or Parquet file in their order. Raises BadInput when the file cannot be read."""
    readers: dict[str, Callable[[Path], Iterator[RawRow]]] = {
        ".jsonl": _json_lines,
        ".ndjson": _json_lines,
        ".json": _json,
        ".parquet": _parquet,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadInput(f"problem file {path} has the unknown form '{path.suffix}'", hint=_FORMS)
    try:
        if path.stat().st_size == 0:
            raise BadInput(f"problem file {path} is empty", hint=_FORMS)
        yield from reader(path)
    except FileNotFoundError:
        raise BadInput(f"problem file {path} does not exist", hint=_FORMS) from None
    except IsADirectoryError:
        raise BadInput(f"problem file {path} is a directory", hint=_FORMS) from None
    except OSError as error:
        raise BadInput(f"problem file {path} cannot be read: {error.strerror or error}") from error


def _json_lines(path: Path) -> Iterator[RawRow]:
    with path.open("rb") as file:
        for line_number, line in enumerate(file, start=1):
            content = line.removeprefix(b"\xef\xbb\xbf") if line_number == 1 else line
            if content.strip():
                yield _json_line(content, line_number)


def _json_line(content: bytes, line_number: int) -> RawRow:
    raw = content.decode("utf-8", errors="backslashreplace").strip()
    try:
        content.decode("utf-8")
        return _row(json.loads(raw), raw, line_number)
    except UnicodeDecodeError as error:
        return RawRow(line_number, raw, {}, f"not UTF-8: byte {error.start + 1} of the line is 0x{content[error.start]:02x}")
    except json.JSONDecodeError as error:
        return RawRow(line_number, raw, {}, f"invalid JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets nested without end
        return RawRow(line_number, raw, {}, f"invalid JSON: {str(error).split(';', 1)[0]}")


def _json(path: Path) -> Iterator[RawRow]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"problem file {path} is not UTF-8: byte {error.start + 1} cannot be decoded") from error
    if text.lstrip(_WHITESPACE).startswith("["):
        return _json_array(path, text)
    return _json_lines(path)  # many files named .json hold one object a line


def _json_array(path: Path, text: str) -> Iterator[RawRow]:
    decoder = json.JSONDecoder()
    line_number = 1
    counted_to = 0
    position = _skip(text, text.index("[") + 1)
    while text[position : position + 1] != "]":
        try:
            value, end = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise _broken_array(path, text, error.pos, error.msg) from error
        except (ValueError, RecursionError) as error:
            raise _broken_array(path, text, position, str(error).split(";", 1)[0]) from error
        line_number += text.count("\n", counted_to, position)
        counted_to = position
        yield _row(value, text[position:end], line_number)
        position = _skip(text, end)
        if text[position : position + 1] == ",":
            position = _skip(text, position + 1)
        elif text[position : position + 1] != "]":
            raise _broken_array(path, text, position, "Expecting ',' delimiter or ']'")
    after = _skip(text, position + 1)
    if after < len(text):
        raise _broken_array(path, text, after, "Extra data after the array")


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _WHITESPACE:
        position += 1
    return position


def _broken_array(path: Path, text: str, position: int, message: str) -> BadInput:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return BadInput(
        f"problem file {path} is invalid JSON: line {line}, column {column}: {message}",
        hint="repair it there, or give one object a line as .jsonl, where a broken line costs only itself",
    )


def _parquet(path: Path) -> Iterator[RawRow]:
    import polars as pl

    try:
        table = pl.read_parquet(path)
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"problem file {path} is not a whole Parquet file: {str(error).splitlines()[0]}") from error
    for line_number, fields in enumerate(table.iter_rows(named=True), start=1):
        yield _row(fields, json.dumps(fields, ensure_ascii=False, default=str), line_number)


def _row(value: Json, raw: str, line_number: int) -> RawRow:
    if isinstance(value, dict):
        return RawRow(line_number, raw, value)
    return RawRow(line_number, raw, {}, f"not an object but {_KINDS[type(value)]}")


_KINDS: Final[dict[type, str]] = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "a text",
    list: "a list",
}
