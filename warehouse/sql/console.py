"""Answer SQL on the command line: open the lake read-only, run one statement, print its rows."""

import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import polars as pl

from warehouse.errors import BadInput
from warehouse.settings import WarehouseSettings
from warehouse.sql.statements import find, shipped
from warehouse.sql.text_table import text_table
from warehouse.store.lake import Warehouse

Format = Literal["table", "csv", "json", "parquet"]


def answer(
    home: Path, sql: str | None, *, file: str | None, params: Mapping[str, str], settings: WarehouseSettings | None = None
) -> pl.DataFrame:
    """Return the rows of SQL text, or of the shipped query `file`. A round may be writing meanwhile.

    Raises BadInput for wrong SQL, an unknown name or a missing parameter; WarehouseError when there is no lake.
    """
    if (sql is None) == (file is None):
        raise BadInput("give either SQL or the name of a shipped query", hint="name the queries with: stargrove sql --list")
    asked = sql or find(file or "").name
    with Warehouse.open(home, settings, read_only=True) as lake:
        return lake.query(asked, **params)


def formatted(frame: pl.DataFrame, format_: Format) -> bytes:
    """Return the rows as an aligned text table, CSV, a JSON array of objects, or a Parquet file."""
    buffer = io.BytesIO()
    if format_ == "table":
        return text_table(frame).encode()
    if format_ == "json":
        frame.write_json(buffer)
        return buffer.getvalue() + b"\n"
    if format_ == "csv":
        _flat(frame).write_csv(buffer)
    else:
        frame.write_parquet(buffer)
    return buffer.getvalue()


def listing() -> str:
    """Return the shipped queries as text: name, what a row is, parameters with their defaults."""
    lines = []
    for query in shipped("queries").values():
        lines.append(f"{query.name}\n    one row per {query.one_row_per}")
        for parameter in query.parameters:
            default = "" if parameter.default is None else f" (default {parameter.default})"
            lines.append(f"    --param {parameter.name}=...{default}: {parameter.meaning}")
    return "\n".join(lines) + "\n"


def run(home: Path, sql: str | None, *, file: str | None, params: Mapping[str, str], format: Format) -> None:
    """Print the rows of SQL text or of a shipped query."""
    if format == "parquet" and sys.stdout.isatty():
        raise BadInput("a Parquet file is not for the screen", hint="send it to a file: ... --format parquet > rows.parquet")
    _print(formatted(answer(home, sql, file=file, params=params), format))


def list_queries() -> None:
    """Print the shipped queries."""
    _print(listing().encode())


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with lists and structs as JSON text, which CSV cannot hold otherwise."""
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    return frame.with_columns(pl.col(name).map_elements(_json_text, return_dtype=pl.String) for name in nested)


def _json_text(value: object) -> str:
    plain = value.to_list() if isinstance(value, pl.Series) else value
    return pl.DataFrame({"value": [plain]}).write_json().removeprefix('[{"value":').removesuffix("}]")


def _print(content: bytes) -> None:
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough. Without this Python complains once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
