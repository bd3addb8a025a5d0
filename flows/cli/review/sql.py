"""`stargrove sql`: ask the lake, read-only, also while a round is running."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

if TYPE_CHECKING:
    from warehouse.sql.console import Question

NAME = "sql"


def command(
    query: Annotated[str | None, typer.Argument(help="SQL in quotes, or - to read it from standard input.")] = None,
    file: Annotated[str | None, typer.Option("--file", metavar="NAME", help="A shipped query by its name.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Name the shipped queries.")] = False,
    format_: Annotated[
        Literal["table", "csv", "json", "parquet"] | None, typer.Option("--format", help="How rows are printed.")
    ] = None,
    vertical: Annotated[bool, typer.Option("--vertical", help="Print a line for each column, every value whole.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Write all rows to FILE.csv, FILE.json or FILE.parquet."),
    ] = None,
    snapshot: Annotated[
        int | None, typer.Option("--snapshot", metavar="N", min=0, help="Ask the lake as it was: --file snapshots.")
    ] = None,
    round_: Annotated[int | None, typer.Option("--round", help="Short for --param round=N.")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A parameter of the query; repeatable.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Query trees, trajectories, rounds and checkpoints as rows; without a query, on a terminal, in a shell."""
    from warehouse.errors import BadInput
    from warehouse.sql import console

    if list_:
        console.print_queries()
        return
    if query is None and file is None and sys.stdin.isatty() and sys.stdout.isatty():
        from warehouse.sql.shell.loop import run_shell

        run_shell(home, snapshot)
        return
    if sum((format_ is not None, vertical, output is not None)) > 1:
        raise BadInput("--format, --vertical and --output are one choice", hint="leave all but one of them out")
    question = _question(query, file, param or [], round_, snapshot)
    if output is not None:
        console.write(home, question, output)
    else:
        console.run(home, question, "vertical" if vertical else format_ or "table")


def _question(
    query: str | None, file: str | None, param: list[str], round_number: int | None, snapshot_id: int | None
) -> "Question":
    from warehouse.errors import BadInput
    from warehouse.sql.console import Question

    if (query is None) == (file is None):
        raise BadInput(
            "give either a query or --file NAME",
            hint='for instance: stargrove sql "select * from rounds"; names: stargrove sql --list',
        )
    parameters = dict(_pair(text) for text in param)
    if round_number is not None:
        parameters["round"] = str(round_number)
    return Question(sys.stdin.read() if query == "-" else query, file, parameters, snapshot_id)


def _pair(text: str) -> tuple[str, str]:
    """Return name and value of NAME=VALUE."""
    from warehouse.errors import BadInput

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise BadInput(f"--param {text!r} is not NAME=VALUE", hint="for instance: --param round=2")
    return name, value
