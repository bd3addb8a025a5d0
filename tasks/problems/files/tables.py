"""Rows of tables: CSV and TSV with a header, Parquet, and Arrow as a file or as a stream (what `save_to_disk` writes)."""

import csv
import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Final

from tasks.problems.rows import RawRow, row_of
from warehouse.errors import BadInput

if TYPE_CHECKING:
    import polars as pl

_ARROW_FILE: Final = b"ARROW1"
_MAX_CELL_CHARS: Final = 10_000_000


def csv_rows(file: BinaryIO, where: str) -> Iterator[RawRow]:
    """Return the rows below a header; every cell is a text. The delimiter is the one that the header has most of."""
    csv.field_size_limit(_MAX_CELL_CHARS)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        header_line = text.readline()
        delimiter = max(",;\t", key=header_line.count)
        header = next(csv.reader([header_line], delimiter=delimiter), [])
        reader = csv.reader(text, delimiter=delimiter)
        line_number = 2
        for cells in reader:
            if cells:
                yield _csv_row(header, cells, line_number)
            line_number = reader.line_num + 2
    except UnicodeDecodeError as error:
        raise BadInput(
            f"problem file {where} is not UTF-8: byte 0x{error.object[error.start]:02x} cannot be decoded"
        ) from error
    except csv.Error as error:
        raise BadInput(f"problem file {where} is no table of cells: {error}") from error


def parquet_rows(file: BinaryIO, where: str) -> Iterator[RawRow]:
    """Return the rows of a Parquet file."""
    import polars as pl

    try:
        table = pl.read_parquet(io.BytesIO(file.read()))
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"problem file {where} is not a whole Parquet file: {str(error).splitlines()[0]}") from error
    return _table_rows(table)


def arrow_rows(file: BinaryIO, where: str) -> Iterator[RawRow]:
    """Return the rows of an Arrow file or stream."""
    import polars as pl

    content = file.read()
    read = pl.read_ipc if content.startswith(_ARROW_FILE) else pl.read_ipc_stream
    try:
        table = read(io.BytesIO(content))
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"problem file {where} is not a whole Arrow file: {str(error).splitlines()[0]}") from error
    return _table_rows(table)


def _csv_row(header: list[str], cells: list[str], line_number: int) -> RawRow:
    raw = json.dumps(dict(zip(header, cells, strict=False)), ensure_ascii=False)
    if len(cells) != len(header):
        return RawRow(line_number, raw, {}, f"{len(cells)} cells under a header of {len(header)}")
    return RawRow(line_number, raw, dict(zip(header, cells, strict=True)))


def _table_rows(table: "pl.DataFrame") -> Iterator[RawRow]:
    for line_number, fields in enumerate(table.iter_rows(named=True), start=1):
        yield row_of(fields, json.dumps(fields, ensure_ascii=False, default=str), line_number)
