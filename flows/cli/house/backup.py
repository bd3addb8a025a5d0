"""`stargrove backup`: a home in a second place, taken while it is at work."""

from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "backup"


def command(
    destination: Annotated[
        str, typer.Argument(metavar="DIR|s3://BUCKET/PREFIX", help="An empty place, or the one of last time.")
    ],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Copy lake, checkpoints and Prefect history of a home that may be at work; only what is new. Run it again after a kill."""
    from flows.home.backup import run_backup

    report = run_backup(home, destination)
    typer.echo(report.line)
    typer.echo(f"get it back with: stargrove restore {report.address} --home NEW")
