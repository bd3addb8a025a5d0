"""`stargrove warehouse`: what the lake holds, and keeping it small."""

from typing import Annotated

import typer

from flows.commands.options import DEFAULT_HOME, HomeOption

app = typer.Typer(help="Describe and maintain the lake.", no_args_is_help=True)


@app.command()
def describe(home: HomeOption = DEFAULT_HOME) -> None:
    """Print the data dictionary as Markdown: every table, view, column and shipped query."""
    from warehouse.dictionary import described
    from warehouse.store import Warehouse

    with Warehouse.open(home, read_only=True) as lake:
        typer.echo(described(lake), nl=False)


@app.command()
def maintain(
    older_than_hours: Annotated[
        float, typer.Option(min=0, help="Leave what is younger: a reader or a writer may still need it.")
    ] = 24.0,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Merge small files, forget snapshots that no round or checkpoint pins, remove files that nobody needs."""
    from warehouse.connection import catalog_path
    from warehouse.errors import WarehouseError
    from warehouse.maintenance import maintain as run
    from warehouse.store import Warehouse

    if not catalog_path(home).is_file():
        raise WarehouseError(f"no lake in {home}", hint="name another --home")
    with Warehouse.open(home) as lake:
        report = run(lake, older_than_hours)
    typer.echo(
        f"{report.n_files_before} files, {report.n_bytes_before:,} bytes -> "
        f"{report.n_files_after} files, {report.n_bytes_after:,} bytes; {report.n_snapshots_expired} snapshots forgotten"
    )
