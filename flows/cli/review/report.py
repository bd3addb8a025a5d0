"""`stargrove report`: every setting and figure of the paper beside those of a home."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "report"


def command(
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write to this .md or .html file; HTML has pictures.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Compare a home with the paper: the same, different and why, or not measured. Figures come from the lake alone."""
    from warehouse.errors import BadInput

    if output is not None and output.suffix not in (".md", ".html"):
        raise BadInput(f"--output {output}: neither .md nor .html", hint="for instance: --output report.html")
    from flows.report.document import markdown
    from flows.report.fidelity import fidelity_report
    from flows.report.page import page
    from warehouse.places.objects import placed, spelled
    from warehouse.store.lake import Warehouse

    with Warehouse.open(home, read_only=True) as lake:
        report = fidelity_report(lake)
    if output is None:
        typer.echo(markdown(report), nl=False)
        return
    with placed(output) as local:
        local.write_text(page(report) if output.suffix == ".html" else markdown(report), encoding="utf-8")
    typer.echo(f"written to {spelled(output)}")
