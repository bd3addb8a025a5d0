"""Read problem files row by row, so that each row keeps its place in the file.

JSON, JSON Lines, CSV, TSV, Parquet and Arrow, each also .gz, .zst or .zip; a folder of them, or a data set that
`datasets` saved. What cannot be read at all is BadInput; a row that cannot be read is a row with a fault.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from tasks.problems.files.json_rows import json_line_rows, json_rows
from tasks.problems.files.members import COMPRESSIONS, Member, members
from tasks.problems.files.tables import arrow_rows, csv_rows, parquet_rows
from tasks.problems.rows import RawRow
from warehouse.errors import BadInput

_TABLES: Final[dict[str, Callable[[BinaryIO, str], Iterator[RawRow]]]] = {
    ".csv": csv_rows,
    ".tsv": csv_rows,
    ".parquet": parquet_rows,
    ".arrow": arrow_rows,
    ".feather": arrow_rows,
}
_LINES: Final = (".jsonl", ".ndjson")
_SUFFIXES: Final = (".jsonl", ".ndjson", ".json", *_TABLES)
_FORMS: Final = (
    "give JSON, JSON Lines, CSV, TSV, Parquet or Arrow, also .gz, .zst or .zip, or a folder of them, "
    "whose rows have the fields question and answer"
)


def read_rows(path: Path, part: str | None = None) -> Iterator[RawRow]:
    """Return the rows of a file, a folder or an archive in their order. Raises BadInput when it cannot be read.

    part: the split that is wanted, where a data set holds several.
    """
    try:
        with members(path, _SUFFIXES, part) as files:
            for member in files:
                for row in _rows(member, path, part):
                    yield row if len(files) == 1 else replace(row, file=member.name)
    except FileNotFoundError:
        raise BadInput(f"problem file {path} does not exist", hint=_FORMS) from None
    except (EOFError, zlib.error) as error:
        raise BadInput(f"problem file {path} is cut off or damaged: {error}") from error
    except OSError as error:
        raise BadInput(f"problem file {path} cannot be read: {error.strerror or error}") from error


def name_of_file(path: Path) -> str:
    """Return the name of a file without what only says how it is stored: train for train.jsonl.gz."""
    name = PurePosixPath(path.name)
    while name.suffix.lower() in (*_SUFFIXES, *COMPRESSIONS, ".zip"):
        name = name.with_suffix("")
    return name.name


def _rows(member: Member, path: Path, part: str | None) -> Iterator[RawRow]:
    where = str(path) if path.name.startswith(member.name) else f"{path} ({member.name})"
    if member.suffix not in _SUFFIXES:
        raise BadInput(f"problem file {where} has the unknown form '{member.suffix}'", hint=_FORMS)
    with member.opened() as file:
        if path.is_file() and path.stat().st_size == 0:
            raise BadInput(f"problem file {where} is empty", hint=_FORMS)
        if member.suffix in _TABLES:
            yield from _TABLES[member.suffix](file, where)
            return
        first = file.readline()
        if member.suffix in _LINES and not _begins_a_document(first):
            yield from json_line_rows(chain((first,), file))
        else:
            yield from json_rows(first + file.read(), where, part)


def _begins_a_document(line: bytes) -> bool:
    """Return whether a first line opens an object or array that goes on below: JSON under the name of JSON Lines."""
    stripped = line.strip()
    return stripped == b"{" or (stripped.startswith(b"[") and not stripped.endswith(b"]"))
