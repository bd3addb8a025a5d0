"""`stargrove ui`: the Prefect UI over the history of past runs."""

from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "ui"


def command(
    home: HomeOption = DEFAULT_HOME,
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes the usual one, or a free one.", min=0, max=65535)] = 0,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the server of this home.")] = False,
) -> None:
    """Start the Prefect server of this home where it is not running, and print where its UI is."""
    from flows.home.prefect_server import open_server, stop_server

    if stop:
        typer.echo("stopped" if stop_server(home) else "no server of this home is running")
        return
    server = open_server(home, port=port)
    server.wait()
    typer.echo(f"{server.ui_url}   (stop it with: stargrove ui --stop --home {home})")
