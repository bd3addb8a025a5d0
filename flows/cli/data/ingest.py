"""`stargrove ingest`: bring problems from files into the lake."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, DEFAULT_PROFILE, FileOption, HomeOption, ProfileOption, SetOption
from tasks.problems.doubts import DOUBT_NAMES, doubts_named
from warehouse.records import Split

NAME = "ingest"


def command(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="JSON, CSV, Parquet or Arrow, compressed, or a folder; also s3:// and hf://datasets/OWNER/NAME@REVISION.",
        ),
    ],
    split: Annotated[Split, typer.Option(help="Benchmarks are `test`: they can never enter training.")] = "train",
    source: Annotated[str, typer.Option(help="Name stored with each problem; default: the file's name.")] = "",
    licence: Annotated[str | None, typer.Option(help="Licence of the problems, as their source states it.")] = None,
    question_field: Annotated[
        str, typer.Option(help="Field with the question, a.b inside an object; default: known names.")
    ] = "",
    answer_field: Annotated[str, typer.Option(help="Field with the answer, or with a solution that ends in one.")] = "",
    level_field: Annotated[str, typer.Option(help="Field with the level, a whole number.")] = "",
    source_field: Annotated[str, typer.Option(help="Field with the source of each problem.")] = "",
    allow: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help=f"Take rows refused as: {', '.join(DOUBT_NAMES)}. Repeatable.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take the first so many usable problems.")] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Take so many usable problems at random.")] = None,
    seed: Annotated[int, typer.Option(help="Which ones --sample takes.")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be stored, and store nothing.")] = False,
    home: HomeOption = DEFAULT_HOME,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Read problems into the lake; broken and doubtful rows go to the table `quarantine` with the reason and the line."""
    from flows.data.ingest import run_ingest
    from flows.data.portion import Portion
    from flows.data.preview import preview
    from flows.data.screening import IngestOptions
    from flows.home.lock import hold
    from flows.settings import load
    from tasks.problems.options import ReadingOptions
    from tasks.problems.readers import name_of_file

    settings = load(profile, file, set_ or [])
    reading = ReadingOptions(question_field, answer_field, level_field, source_field, doubts_named(allow or ()))
    options = IngestOptions(reading, Portion(limit, sample, seed))
    if dry_run:
        for path in paths:
            typer.echo("\n".join(preview(settings, home, path, split, source or name_of_file(path), options)))
        return
    with hold(home):
        for path in paths:
            report = run_ingest(settings, home, path, split, source or name_of_file(path), licence, options=options)
            typer.echo(report.line)
