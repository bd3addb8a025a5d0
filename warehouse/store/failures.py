"""Turn what DuckDB, DuckLake, SQLite, Postgres and S3 say into errors that tell a user what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from warehouse.errors import BadInput, StargroveError, WarehouseError
from warehouse.places.server_failures import SERVER_CAUSES, Cause, first_line

_BUSY = re.compile(
    r"database (table )?is locked|Transaction conflict|Table with name ducklake_inlined_data_\d+_\d+ does not exist"
)
"""The last: a reader came between the catalog's row about a table of small batches and that table."""

_CAUSES = (
    Cause(
        r"No space left|database or disk is full",
        "the disk is full",
        "free space and run the same command again: nothing is lost",
    ),
    Cause(
        r"readonly database|Read-only file system|read-only filesystem",
        "the disk or directory is read-only",
        "make it writable, or copy the home directory to a writable disk",
    ),
    Cause(r"Permission denied", "permission denied", "check the owner and the mode of the lake's directory"),
    Cause(
        r"not a database|malformed|file is encrypted",
        "the catalog is damaged",
        "restore lake/catalog.sqlite from a backup; the Parquet files under lake/data are untouched",
    ),
    Cause(
        r"magic bytes|Invalid Parquet|too small to be a Parquet|TProtocolException|don't know what type|ZSTD [Dd]ecompression",
        "a Parquet file is damaged",
        "restore that file from a backup; every other file can still be read",
    ),
    Cause(
        r"No such file|does not exist.*parquet|Cannot open file|HTTP 404",
        "a file of the lake is missing",
        "restore it from a backup; every other file can still be read",
    ),
    Cause(
        r"database is locked|Transaction conflict",
        "another process is writing",
        "wait for it to finish, or end it",
    ),
    Cause(r"Out of Memory|failed to allocate", "DuckDB ran out of memory", "raise it: --set warehouse.memory_limit_mib=..."),
)

_NO_SNAPSHOT = re.compile(r"No snapshot found at version (\d+)")
_INTERNAL_GUESS = re.compile(r'\nDid you mean "__ducklake[^\n]*')
"""DuckDB looks for a name that is like the wrong one among the catalog's own tables, too."""

_USER_ERRORS = (
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ConversionException,
    duckdb.SyntaxException,
    duckdb.InvalidInputException,
    duckdb.OutOfRangeException,
    duckdb.NotImplementedException,
)


def is_busy(error: duckdb.Error) -> bool:
    """Return whether the same statement may succeed a moment later."""
    return _BUSY.search(str(error)) is not None


def translated(error: duckdb.Error, where: str) -> StargroveError:
    """Return the error of ours that says what happened at `where` and what to do. A wrong statement is BadInput."""
    text = _INTERNAL_GUESS.sub("", str(error).strip())
    absent = _NO_SNAPSHOT.search(text)
    if absent:
        return BadInput(f"{where}: there is no snapshot {absent[1]}", hint="list them with: stargrove sql --file snapshots")
    for cause in (*SERVER_CAUSES, *_CAUSES):
        if cause.is_of(text):
            return cause.error(text, where)
    if isinstance(error, _USER_ERRORS):
        return BadInput(
            f"{where}: {text}",
            hint="see the tables with: stargrove sql 'show tables'",
        )
    return WarehouseError(f"{where}: {first_line(text)}", hint="run the command with --debug for the traceback")


@contextmanager
def reported(where: str) -> Iterator[None]:
    """Return a context in which errors of DuckDB leave as errors of ours that name `where`."""
    try:
        yield
    except duckdb.Error as error:
        raise translated(error, where) from error
