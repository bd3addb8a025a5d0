"""The SQL that ships with Stargrove: one statement per file, with a header that says what it returns.

-- One row per <what a row is>.
-- Parameters: $round: which round; $limit = 4: at most so many per problem
-- Into: <table that the rows are committed to>          (statements only)
-- Internal: <what asks it>                               (queries that are machinery: no list shows them)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from warehouse.errors import BadInput
from warehouse.similar import closest

_PARAMETER = re.compile(r"\$(\w+)(?: = ([^:;]+))?: ([^;]+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A bound parameter of a statement. default is SQL-literal text; None where a value must be given."""

    name: str
    default: str | None
    meaning: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A shipped statement. into: the table that its rows are committed to, None for a query.

    internal: what asks it, where that is machinery; None for a query that people ask.
    """

    name: str
    one_row_per: str
    parameters: tuple[Parameter, ...]
    into: str | None
    sql: str
    internal: str | None = None


@cache
def shipped(kind: str) -> dict[str, Statement]:
    """Return the statements under warehouse/sql/{kind} by name; kind is migrations, views, queries or statements."""
    directory = files("warehouse") / "sql" / kind
    paths = sorted((path for path in directory.iterdir() if path.name.endswith(".sql")), key=lambda path: path.name)
    return {statement.name: statement for statement in map(_read, paths)}


def list_queries() -> tuple[Statement, ...]:
    """Return the shipped queries that people ask, ordered by name."""
    return tuple(query for query in shipped("queries").values() if query.internal is None)


def find(name: str) -> Statement:
    """Return the shipped query or statement of this name. Raises BadInput, naming the one that was probably meant."""
    known = shipped("queries") | shipped("statements")
    if name not in known:
        meant = closest(name, (query.name for query in list_queries()))
        guess = f"did you mean {meant}? " if meant else ""
        raise BadInput(f"no shipped query is called {name!r}", hint=f"{guess}all of them: stargrove sql --list")
    return known[name]


def bound(statement: Statement, given: Mapping[str, object]) -> dict[str, object]:
    """Return a value for each parameter of the statement: the given one or its default. Raises BadInput."""
    unknown = sorted(set(given) - {parameter.name for parameter in statement.parameters})
    if unknown:
        allowed = ", ".join(parameter.name for parameter in statement.parameters) or "none"
        raise BadInput(f"query {statement.name} has no parameter {unknown[0]!r}", hint=f"its parameters: {allowed}")
    values: dict[str, object] = {}
    for parameter in statement.parameters:
        if parameter.name in given:
            values[parameter.name] = given[parameter.name]
        elif parameter.default is None:
            raise BadInput(
                f"query {statement.name} needs a value for {parameter.name} ({parameter.meaning})",
                hint=f"on the command line: --param {parameter.name}=...",
            )
        else:
            values[parameter.name] = None if parameter.default == "null" else parameter.default
    return values


def _read(path: Traversable) -> Statement:
    sql = path.read_text(encoding="utf-8")
    header = {}
    for line in sql.splitlines():
        if not line.startswith("-- "):
            break
        key, _, value = line.removeprefix("-- ").partition(": ")
        header[key] = value
    first = sql.splitlines()[0].removeprefix("-- ")
    parameters = tuple(
        Parameter(name, default.strip() or None if default else None, meaning.strip())
        for name, default, meaning in _PARAMETER.findall(header.get("Parameters", ""))
    )
    return Statement(
        name=path.name.removesuffix(".sql"),
        one_row_per=first.removeprefix("One row per "),
        parameters=parameters,
        into=header.get("Into"),
        sql=sql,
        internal=header.get("Internal"),
    )
