"""`stargrove restore`: a home from its backup."""

from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "restore"


def command(
    origin: Annotated[str, typer.Argument(metavar="FROM", help="DIR or s3://BUCKET/PREFIX, as it was given to backup.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Build a home from a backup, every file compared with its checksum. The home must not be there yet."""
    from flows.home.restore import run_restore

    manifest = run_restore(origin, home)
    typer.echo(
        f"{sum(manifest.n_rows.values()):,} rows of snapshot {manifest.snapshot_id}, {len(manifest.files)} files "
        f"({manifest.n_bytes:,} bytes), backed up at {manifest.taken_at}, are in {home} again"
    )
