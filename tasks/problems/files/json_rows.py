"""Rows of JSON Lines, and of JSON in the forms that people save: an array, one object, several, lists under names.

A line that cannot be read is a row with a fault, because it says nothing about its neighbours. In a JSON array, in contrast,
nothing after a syntax error can be trusted.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Final

from tasks.problems.files.decode import Decoder
from tasks.problems.files.documents import document_rows
from tasks.problems.rows import RawRow, row_of
from warehouse.errors import BadInput

_WHITESPACE: Final = " \t\r\n"
_BOM: Final = b"\xef\xbb\xbf"


def json_line_rows(lines: Iterable[bytes]) -> Iterator[RawRow]:
    """Return a row for each line that is not blank."""
    for line_number, line in enumerate(lines, start=1):
        content = line.removeprefix(_BOM) if line_number == 1 else line
        if content.strip():
            yield _json_line(content, line_number)


def json_rows(content: bytes, where: str, part: str | None) -> Iterator[RawRow]:
    """Return the rows of a JSON document, or of one object a line. Raises BadInput for an array that is broken."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"problem file {where} is not UTF-8: byte {error.start + 1} cannot be decoded") from error
    begin = _skip(text, 0)
    if text[begin : begin + 1] == "[":
        yield from _array(text, where)
        return
    decoder = Decoder(text)
    try:
        document, end = decoder.value(begin)
    except (ValueError, RecursionError):
        yield from json_line_rows(content.splitlines(keepends=True))
        return
    is_whole = _skip(decoder.text, end) == len(decoder.text)
    if is_whole and isinstance(document, dict):
        is_mended = decoder.is_mended(begin, end)
        yield from document_rows(document, decoder.text[begin:end], where, part, is_mended=is_mended)
    elif not is_whole and "\n" in decoder.text[begin:end]:
        yield from _objects(decoder, begin, where)
    else:
        yield from json_line_rows(content.splitlines(keepends=True))


def _json_line(content: bytes, line_number: int) -> RawRow:
    raw = content.decode("utf-8", errors="backslashreplace").strip()
    decoder = Decoder(raw)
    try:
        content.decode("utf-8")
        value, end = decoder.value(0)
        if end != len(decoder.text):
            raise json.JSONDecodeError("Extra data", decoder.text, _skip(decoder.text, end))
        return row_of(value, raw, line_number, is_mended=decoder.is_mended(0, end))
    except UnicodeDecodeError as error:
        return RawRow(line_number, raw, {}, f"not UTF-8: byte {error.start + 1} of the line is 0x{content[error.start]:02x}")
    except json.JSONDecodeError as error:
        return RawRow(line_number, raw, {}, f"invalid JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets nested without end
        return RawRow(line_number, raw, {}, f"invalid JSON: {_first_words(error)}")


def _array(text: str, where: str) -> Iterator[RawRow]:
    """Return the elements of an array, each with the line it begins on."""
    decoder = Decoder(text)
    line_number = 1
    counted_to = 0
    position = _skip(text, text.index("[") + 1)
    while decoder.text[position : position + 1] != "]":
        row, end = _element(decoder, position, where)
        line_number += decoder.text.count("\n", counted_to, position)
        counted_to = position
        yield RawRow(line_number, row.raw, row.fields, row.fault, is_mended=row.is_mended)
        position = _skip(decoder.text, end)
        if decoder.text[position : position + 1] == ",":
            position = _skip(decoder.text, position + 1)
        elif decoder.text[position : position + 1] != "]":
            raise _broken(where, decoder.text, position, "Expecting ',' delimiter or ']'")
    after = _skip(decoder.text, position + 1)
    if after < len(decoder.text):
        raise _broken(where, decoder.text, after, "Extra data after the array")


def _objects(decoder: Decoder, position: int, where: str) -> Iterator[RawRow]:
    """Return objects that follow one another, each over several lines, as jq prints them."""
    while position < len(decoder.text):
        row, end = _element(decoder, position, where)
        line_number = 1 + decoder.text.count("\n", 0, position)
        yield RawRow(line_number, row.raw, row.fields, row.fault, is_mended=row.is_mended)
        position = _skip(decoder.text, end)


def _element(decoder: Decoder, position: int, where: str) -> tuple[RawRow, int]:
    try:
        value, end = decoder.value(position)
    except json.JSONDecodeError as error:
        raise _broken(where, decoder.text, error.pos, error.msg) from error
    except (ValueError, RecursionError) as error:
        raise _broken(where, decoder.text, position, _first_words(error)) from error
    return row_of(value, decoder.text[position:end], 0, is_mended=decoder.is_mended(position, end)), end


def _first_words(error: Exception) -> str:
    return str(error).split(";", 1)[0]


def _skip(text: str, position: int) -> int:
    while position < len(text) and text[position] in _WHITESPACE:
        position += 1
    return position


def _broken(where: str, text: str, position: int, message: str) -> BadInput:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return BadInput(
        f"problem file {where} is invalid JSON: line {line}, column {column}: {message}",
        hint="repair it there, or give one object a line as .jsonl, where a broken line costs only itself",
    )
