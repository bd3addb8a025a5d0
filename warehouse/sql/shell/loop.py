"""Read a statement or a command, answer it, read the next. An error or Ctrl-C ends what was asked, never the shell."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import duckdb

from warehouse.errors import BadInput, StargroveError
from warehouse.sql.catalog import MACHINERY, relations
from warehouse.sql.console import formatted, show, terminal_width
from warehouse.sql.shell.commands import HELP, columns_of, listed, parameters_of
from warehouse.sql.shell.statement import is_command, leaves
from warehouse.sql.statements import find, list_queries, shipped
from warehouse.sql.text_table import MAX_ROWS
from warehouse.store.failures import reported
from warehouse.store.lake import Warehouse

_MORE: Final = f"only the first {MAX_ROWS} rows; all of them go to a file with: stargrove sql QUERY --output FILE\n"


def run_shell(home: Path, snapshot_id: int | None = None) -> None:
    """Answer what is typed until the user leaves. snapshot_id: the lake as it was then."""
    from warehouse.sql.shell.prompt import open_prompt

    with Warehouse.open(home, read_only=True, snapshot_id=snapshot_id) as lake:
        shell = Shell(lake)
        n_tables = len(shell.relations)
        then = "" if snapshot_id is None else f" as of snapshot {snapshot_id}"
        show(f"{home}{then}, read-only: {n_tables} tables and views. \\d lists them, \\? helps, \\q leaves.\n".encode())
        shell.run(open_prompt(home, shell.relations, keywords(lake)))


def keywords(lake: Warehouse) -> list[str]:
    """Return the words of SQL that no table or column may be called."""
    found = lake.query("select keyword_name from duckdb_keywords() where keyword_category = 'reserved' order by keyword_name")
    return found.to_series().to_list()


class Shell:
    """A lake and how its rows are shown. Mutable: \\x changes that."""

    def __init__(self, lake: Warehouse) -> None:
        self._lake = lake
        self._is_vertical = False
        self.relations = {name: found for name, found in relations(lake).items() if name not in MACHINERY}

    def run(self, read: Callable[[], str]) -> None:
        """Answer what `read` returns until it says that the user leaves, or raises EOFError. Ctrl-C while reading: again."""
        while True:
            try:
                text = read().strip()
            except KeyboardInterrupt:
                continue
            except EOFError:
                return
            if leaves(text):
                return
            self._tried(text)
            sys.stdout.write("\n")

    def _tried(self, text: str) -> None:
        try:
            if is_command(text):
                self._command(text)
            else:
                self._statements(text)
        except StargroveError as error:
            # Of a wrong statement DuckDB has said everything, and shows the place.
            is_said = isinstance(error, BadInput) and isinstance(error.__cause__, duckdb.Error)
            hint = "" if is_said or not error.hint else f"\n{error.hint}"
            sys.stderr.write(f"{error.message.removeprefix('sql: ')}{hint}\n")
        except KeyboardInterrupt:
            sys.stderr.write("interrupted\n")

    def _command(self, text: str) -> None:
        name, *words = text.rstrip("; ").split()
        match name, words:
            case "\\d", []:
                show(formatted(listed(self.relations), "table", terminal_width()))
            case "\\d", [table]:
                show(columns_of(self.relations, table, terminal_width()))
            case "\\l", []:
                show("".join(f"{query.name}: one row per {query.one_row_per}\n" for query in list_queries()).encode())
            case "\\i", [query, *parameters]:
                self._ask(find(query).name, parameters_of(parameters))
            case "\\x", []:
                self._is_vertical = not self._is_vertical
                show(f"{'a line for each column' if self._is_vertical else 'a line for each row'} from now on\n".encode())
            case "\\?", []:
                show(HELP.encode())
            case _:
                raise BadInput(f"{text} is no command", hint="\\? lists them")

    def _statements(self, text: str) -> None:
        word = text.rstrip("; ")
        if word in shipped("queries"):
            self._ask(word, {})
            return
        with reported("sql"):
            statements = duckdb.extract_statements(text)
        for statement in statements:
            self._ask(statement.query, {})

    def _ask(self, name_or_sql: str, parameters: dict[str, str]) -> None:
        frame = self._lake.head(name_or_sql, MAX_ROWS, parameters)
        show(formatted(frame.head(MAX_ROWS), "vertical" if self._is_vertical else "table", terminal_width()))
        if frame.height > MAX_ROWS:
            show(_MORE.encode())
