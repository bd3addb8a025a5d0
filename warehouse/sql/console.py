"""Answer SQL on the command line: open the lake read-only, run one statement, print its rows or write them to a file."""

import io
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import polars as pl

from warehouse.errors import BadInput
from warehouse.places.objects import placed, spelled
from warehouse.sql.statements import find, list_queries
from warehouse.sql.text_table import text_table, vertical
from warehouse.store.lake import Warehouse

Format = Literal["table", "vertical", "csv", "json", "parquet"]

_BY_SUFFIX: Final[dict[str, Format]] = {".csv": "csv", ".json": "json", ".parquet": "parquet"}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: SQL text or a shipped query `file`, with its parameters; snapshot_id: of the lake as it was then."""

    sql: str | None = None
    file: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    snapshot_id: int | None = None

    @property
    def name_or_sql(self) -> str:
        """What to ask the lake. Raises BadInput for neither or both, and for an unknown name."""
        if (self.sql is None) == (self.file is None):
            raise BadInput("give either SQL or the name of a shipped query", hint="name the queries with: stargrove sql --list")
        return self.sql or find(self.file or "").name


def answer(home: Path, question: Question) -> pl.DataFrame:
    """Return the rows of a question. A round may be writing meanwhile.

    Raises BadInput for wrong SQL, an unknown name, snapshot or table, a missing parameter; WarehouseError without a lake.
    """
    asked = question.name_or_sql
    with Warehouse.open(home, read_only=True, snapshot_id=question.snapshot_id) as lake:
        return lake.query(asked, **question.parameters)


def formatted(frame: pl.DataFrame, format_: Format, width: int | None = None) -> bytes:
    """Return the rows as an aligned text table, as blocks of lines, CSV, a JSON array of objects, or a Parquet file.

    width: that of the terminal, for which a table cuts wide values.
    """
    buffer = io.BytesIO()
    if format_ == "table":
        return text_table(frame, width).encode()
    if format_ == "vertical":
        return vertical(frame).encode()
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
    for query in list_queries():
        lines.append(f"{query.name}\n    one row per {query.one_row_per}")
        for parameter in query.parameters:
            default = "" if parameter.default is None else f" (default {parameter.default})"
            lines.append(f"    --param {parameter.name}=...{default}: {parameter.meaning}")
    return "\n".join(lines) + "\n"


def run(home: Path, question: Question, format_: Format) -> None:
    """Print the rows of a question."""
    if format_ == "parquet" and sys.stdout.isatty():
        raise BadInput("a Parquet file is not for the screen", hint="write it to a file: ... --output rows.parquet")
    show(formatted(answer(home, question), format_, terminal_width()))


def write(home: Path, question: Question, path: Path) -> None:
    """Write all rows of a question to a file, or to s3://, as its suffix says, and print how many there were."""
    format_ = format_of(path)
    asked = question.name_or_sql
    with (
        Warehouse.open(home, read_only=True, snapshot_id=question.snapshot_id) as lake,
        placed(path) as local,
    ):
        if format_ == "parquet":
            n_rows = lake.export(asked, local, **question.parameters)
        else:
            frame = lake.query(asked, **question.parameters)
            n_rows = frame.height
            local.write_bytes(formatted(frame, format_))
    show(f"{n_rows:,} {'row' if n_rows == 1 else 'rows'} written to {spelled(path)}\n".encode())


def format_of(path: Path) -> Format:
    """Return the format that the suffix of a file names. Raises BadInput for any other."""
    if path.suffix.lower() not in _BY_SUFFIX:
        raise BadInput(f"--output {path}: no format is called {path.suffix!r}", hint=f"end it in {', '.join(_BY_SUFFIX)}")
    return _BY_SUFFIX[path.suffix.lower()]


def print_queries() -> None:
    """Print the shipped queries."""
    show(listing().encode())


def terminal_width() -> int | None:
    """Return the columns of the terminal that is written to; None for a pipe or a file, which have no width."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def show(content: bytes) -> None:
    """Write to standard output, whose reader may leave whenever it has seen enough."""
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough. Without this Python complains once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with lists and structs as JSON text, which CSV cannot hold otherwise."""
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    return frame.with_columns(pl.col(name).map_elements(_json_text, return_dtype=pl.String) for name in nested)


def _json_text(value: object) -> str:
    plain = value.to_list() if isinstance(value, pl.Series) else value
    return pl.DataFrame({"value": [plain]}).write_json().removeprefix('[{"value":').removesuffix("}]")
