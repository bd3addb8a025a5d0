"""`stargrove sql`: ask the lake, read-only, also while a round is running."""

from typing import Annotated, Literal

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "sql"


def command(
    query: Annotated[str | None, typer.Argument(help="SQL in quotes, or - to read it from standard input.")] = None,
    file: Annotated[str | None, typer.Option("--file", metavar="NAME", help="A shipped query by its name.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Name the shipped queries.")] = False,
    format_: Annotated[
        Literal["table", "csv", "json", "parquet"], typer.Option("--format", help="How rows are printed.")
    ] = "table",
    round_: Annotated[int | None, typer.Option("--round", help="Short for --param round=N.")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A parameter of the query; repeatable.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Query trees, trajectories, rounds and checkpoints as rows."""
    import sys

    from warehouse.errors import BadInput
    from warehouse.sql import console

    if list_:
        console.list_queries()
        return
    if (query is None) == (file is None):
        raise BadInput(
            "give either a query or --file NAME",
            hint='for instance: stargrove sql "select * from rounds"; names: stargrove sql --list',
        )
    parameters = dict(_pair(text) for text in param or [])
    if round_ is not None:
        parameters["round"] = str(round_)
    sql = sys.stdin.read() if query == "-" else query
    console.run(home, sql, file=file, params=parameters, format=format_)


def _pair(text: str) -> tuple[str, str]:
    """Return name and value of NAME=VALUE."""
    from warehouse.errors import BadInput

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise BadInput(f"--param {text!r} is not NAME=VALUE", hint="for instance: --param round=2")
    return name, value
