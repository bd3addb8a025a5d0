"""`stargrove doctor`: is this machine ready, and is this home whole?"""

import typer

from flows.commands.options import DEFAULT_HOME, HomeOption

NAME = "doctor"


def command(home: HomeOption = DEFAULT_HOME) -> None:
    """Check the installation, the machine and the home; each problem comes with what to do."""
    from flows.doctor import examine

    findings = examine(home)
    for finding in findings:
        typer.echo(finding.line)
    raise typer.Exit(int(any(finding.level == "fail" for finding in findings)))
