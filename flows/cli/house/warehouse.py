"""`stargrove warehouse`: what the lake holds, keeping it small, carrying it elsewhere."""

from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "warehouse"

app = typer.Typer(help="Describe, maintain and move the lake.", no_args_is_help=True)


@app.command()
def describe(home: HomeOption = DEFAULT_HOME) -> None:
    """Print the data dictionary as Markdown: every table, view, column and shipped query."""
    from warehouse.sql.dictionary import described
    from warehouse.store.lake import Warehouse

    with Warehouse.open(home, read_only=True) as lake:
        typer.echo(described(lake), nl=False)


@app.command()
def maintain(
    older_than_hours: Annotated[
        float, typer.Option(min=0, help="Leave what is younger: a reader or a writer may still need it.")
    ] = 24.0,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Move rows out of the catalog, merge small files, forget unpinned snapshots, remove files that nobody needs."""
    from warehouse.places.location import require_evolution
    from warehouse.settings import WarehouseSettings
    from warehouse.store.lake import Warehouse
    from warehouse.store.maintenance import maintain as run

    settings = WarehouseSettings()
    with Warehouse.at(require_evolution(home, settings), settings) as lake:
        report = run(lake, older_than_hours)
    typer.echo(report.line)


@app.command()
def migrate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Bring the lake to the schema of this version, saying first what changes. Whatever writes to it does the same."""
    from warehouse.places.location import require_evolution
    from warehouse.settings import WarehouseSettings
    from warehouse.store.lake import Warehouse
    from warehouse.store.opening import upgrade_of

    settings = WarehouseSettings()
    location = require_evolution(home, settings)
    upgrade = upgrade_of(location, settings)
    if dry_run or not upgrade.is_needed:
        typer.echo("\n".join(upgrade.lines))
        return
    Warehouse.at(location, settings).close()
    typer.echo(f"upgraded to schema version {upgrade.after}")


@app.command()
def move(
    catalog: Annotated[
        str | None, typer.Option(metavar="URL", help="postgresql://USER@HOST:PORT/DATABASE, or home; default: it stays.")
    ] = None,
    data: Annotated[str | None, typer.Option(metavar="URL", help="s3://BUCKET/PREFIX, or home; default: it stays.")] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Carry the lake to Postgres and S3, or back home: every row, snapshot and checkpoint. Run it again after a kill."""
    from flows.home.lease import leased
    from flows.home.lock import hold
    from flows.home.move import run_move
    from warehouse.errors import BadInput
    from warehouse.places.location import require_evolution
    from warehouse.settings import WarehouseSettings, checked_catalog, checked_data

    source = require_evolution(home, WarehouseSettings())
    try:
        new_catalog = None if catalog is None else checked_catalog("" if catalog == "home" else catalog)
        new_data = None if data is None else checked_data("" if data == "home" else data)
    except ValueError as error:
        raise BadInput(
            str(error), hint="for instance: --catalog postgresql://me@db/stargrove --data s3://bucket/lake"
        ) from error
    with hold(home), leased(source) as lease:
        if lease is not None:
            lease.keep(typer.echo, typer.echo)
        report = run_move(source, new_catalog, new_data)
    typer.echo(
        f"{report.n_rows:,} rows in {report.n_files} files ({report.n_bytes:,} bytes), compared at "
        f"{report.n_snapshots_compared} snapshots: now at {report.destination.described}"
    )
    typer.echo(f"out of use now, yours to delete: {', '.join(report.left_behind)}")
