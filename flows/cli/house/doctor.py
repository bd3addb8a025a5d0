"""`stargrove doctor`: is this machine ready, and is this home whole?"""

import typer

from flows.cli.options import DEFAULT_HOME, DEFAULT_PROFILE, FileOption, HomeOption, ProfileOption, SetOption

NAME = "doctor"


def command(
    home: HomeOption = DEFAULT_HOME,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Check the installation, the machine, the servers of the settings and the home; each problem comes with what to do."""
    from flows.home.examination import examine
    from flows.settings import load

    findings = examine(home, load(profile, file, set_ or []))
    for finding in findings:
        typer.echo(finding.line)
    raise typer.Exit(int(any(finding.level == "fail" for finding in findings)))
