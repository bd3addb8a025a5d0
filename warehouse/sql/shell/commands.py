"""The commands of the shell that begin with a backslash: what they show."""

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from warehouse.errors import BadInput
from warehouse.similar import closest
from warehouse.sql.catalog import Relation
from warehouse.sql.text_table import text_table

COMMANDS: Final = {
    "\\d": "the tables and views; \\d NAME: the columns of one",
    "\\l": "the shipped queries",
    "\\i": "\\i NAME PARAMETER=VALUE ...: run a shipped query; its name alone does, too",
    "\\x": "a line for each column, or for each row again",
    "\\?": "this help",
    "\\q": "leave, as Ctrl-D does",
}
HELP: Final = (
    "".join(f"  {name}  {meaning}\n" for name, meaning in COMMANDS.items())
    + "SQL ends with a semicolon and may take several lines. Tab completes tables, columns and queries; Ctrl-C clears.\n"
)


def listed(relations: Mapping[str, Relation]) -> pl.DataFrame:
    """Return the tables and views as rows: name, kind, and what a row of each is."""
    rows = [(one.name, one.kind, one.meaning) for one in relations.values()]
    return pl.DataFrame(rows, schema={"name": pl.String, "kind": pl.String, "meaning": pl.String}, orient="row")


def columns_of(relations: Mapping[str, Relation], name: str, width: int | None) -> bytes:
    """Return the columns of a table or view as text. Raises BadInput where there is none of that name."""
    found = relations.get(name)
    if found is None:
        meant = closest(name, relations)
        raise BadInput(f"no table is called {name!r}", hint=f"did you mean {meant}?" if meant else "\\d lists them")
    rows = [(column.name, column.type, column.meaning or "") for column in found.columns]
    frame = pl.DataFrame(rows, schema={"column": pl.String, "type": pl.String, "meaning": pl.String}, orient="row")
    return f"{found.kind} {found.name}: {found.meaning}\n\n{text_table(frame, width)}".encode()


def parameters_of(words: Iterable[str]) -> dict[str, str]:
    """Return the values of NAME=VALUE words by their names. Raises BadInput for any other word."""
    parameters = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise BadInput(f"{word!r} is not NAME=VALUE", hint="for instance: \\i coverage round=2")
        parameters[name] = value
    return parameters
