"""A SQLAlchemy dialect for DuckDB whose results are fetched as soon as a statement has run, in the caller's transaction.

In duckdb-engine all cursors of a connection are one, so that a statement destroys the rows of the one before that were not
fetched yet. Great Expectations reads metrics in just this order and would see no rows at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
import duckdb_engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg2 import PGExecutionContext_psycopg2
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

URL = "duckdb+buffered:///:memory:"
"""Names the dialect; which database is read is decided by the connection that SQLAlchemy is given to use."""


class LakeConnection(duckdb_engine.ConnectionWrapper):
    """An open connection as SQLAlchemy wants it, and so the lake attached to it. Mutable: it keeps its first failure."""

    failure: duckdb.Error | None = None
    """Great Expectations swallows the first error of DuckDB and reports what followed from it."""

    @contextmanager
    def remembered(self) -> Iterator[None]:
        """Return a context that keeps the first error of DuckDB in `failure` and lets it pass."""
        try:
            yield
        except duckdb.Error as error:
            self.failure = self.failure or error
            raise


# duckdb-engine's dialect is derived from psycopg2's, and so is its execution context.
class _BufferedContext(PGExecutionContext_psycopg2):
    def post_exec(self) -> None:
        super().post_exec()  # type: ignore[no-untyped-call]
        if self.cursor.description:
            with self.cursor.connection.remembered():
                rows = self.cursor.fetchall()
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(self.cursor, initial_buffer=rows)


class BufferedDialect(duckdb_engine.Dialect):
    """duckdb-engine's dialect, with every result buffered in memory."""

    execution_ctx_cls = _BufferedContext
    supports_statement_cache = False

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        """Execute a statement; the connection remembers its error."""
        with cursor.connection.remembered():
            super().do_execute(cursor, statement, parameters, context)  # type: ignore[no-untyped-call]

    # The caller of the gate holds one transaction around all its statements, so that they see one state of the lake.
    def do_begin(self, connection: Any) -> None:
        """Do nothing."""

    def do_rollback(self, connection: Any) -> None:
        """Do nothing."""

    def do_commit(self, connection: Any) -> None:
        """Do nothing."""


registry.register("duckdb.buffered", __name__, BufferedDialect.__name__)
