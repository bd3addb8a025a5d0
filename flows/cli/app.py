"""The command line `stargrove`: the subcommands, and what an error looks like to a user.

Exit codes: 0 done, 1 failed, 2 bad input, 3 a gate refused the promotion, 4 a round is held for review, 130 interrupted,
143 terminated.
"""

import contextlib
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from flows.cli import failures
from flows.cli.data import export, import_, ingest, reproduce
from flows.cli.house import backup, config, doctor, model, restore, sandbox, tiny, ui, warehouse
from flows.cli.review import (
    diff,
    gates,
    grade,
    lineage,
    problem,
    promote,
    regrade,
    reject,
    report,
    rollback,
    rounds,
    sql,
    status,
    tree,
)
from flows.cli.work import ablate, evaluate, evolve, solve

INTERRUPTED = 130

app = typer.Typer(
    name="stargrove",
    help="rStar-Math as a data factory: small language models teach themselves mathematics, round after round.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def shared(
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error. May stand anywhere.")] = False,
) -> None:
    """rStar-Math as a data factory: small language models teach themselves mathematics, round after round."""
    if version:
        from importlib.metadata import version as version_of

        typer.echo(f"stargrove {version_of('stargrove')}")
        raise typer.Exit


COMMANDS = {
    "Work": (evolve, solve, evaluate, ablate),
    "Data": (ingest, export, reproduce),
    "Review": (
        *(status, rounds, problem, tree, sql, lineage, diff, gates),
        *(report, grade, regrade, promote, reject, rollback),
    ),
    "House": (doctor, ui, backup, restore),
}
GROUPS = {"Data": (import_,), "House": (config, model, sandbox, tiny, warehouse)}
"""What stands in each panel of --help, which are the rooms of this package."""

for panel, modules in COMMANDS.items():
    for module in modules:
        app.command(module.NAME, rich_help_panel=panel)(module.command)
for panel, modules in GROUPS.items():
    for module in modules:
        app.add_typer(module.app, name=module.NAME, rich_help_panel=panel)


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit code of one call of `stargrove`; `arguments` default to the process's own."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    try:
        app(words, prog_name="stargrove")
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        return interrupted() if code == INTERRUPTED else code
    except KeyboardInterrupt:  # before click begins to hear it
        return interrupted()
    except Exception as error:  # noqa: BLE001  # the outermost frame of a process: nothing is swallowed, all of it is said
        return failed(error, debug=debug)
    return 0


def failed(error: Exception, *, debug: bool) -> int:
    """Return the exit code of an error after one line on stderr that says what went wrong, where, and what to do."""
    if debug:
        traceback.print_exception(error)
    failure = failures.failure_of(error)
    line = f"{failure.message}; {failure.hint}" if failure.hint else failure.message
    with contextlib.suppress(BrokenPipeError):  # nobody reads it any more; the exit code says it, too
        typer.echo(f"stargrove: {' '.join(line.split())}", err=True)
    return failure.exit_code


def interrupted() -> int:
    """Return the exit code of an interrupted command, after one line on stderr that says how to go on."""
    typer.echo("stargrove: interrupted; run the same command again: finished shards and checkpoints are not repeated", err=True)
    return INTERRUPTED


def run() -> None:
    """Leave the process with the exit code of `main`."""
    # Python's tracker of semaphores takes its options from here. It removes those of killed engines, and would say so below the
    # line that says how to go on.
    sys.warnoptions.append("ignore:resource_tracker:UserWarning")
    sys.exit(main())
