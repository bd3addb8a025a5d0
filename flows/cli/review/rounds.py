"""`stargrove rounds`: the rounds side by side, as `evolve` shows them at its end."""

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "rounds"


def command(home: HomeOption = DEFAULT_HOME) -> None:
    """Show the rounds side by side: status, coverage, held-out figures, training data and times."""
    from flows.display.screen import screen
    from flows.display.tables.rounds import fitting_tables
    from warehouse.errors import BadInput
    from warehouse.store.lake import Warehouse

    with Warehouse.open(home, read_only=True) as lake:
        summary, comparisons = lake.query("round_summary"), lake.query("round_comparisons")
    if summary.is_empty():
        raise BadInput(f"no round of {home} was begun yet", hint=f"begin with: stargrove evolve --home {home}")
    console = screen()
    console.print(fitting_tables(summary, comparisons, console))
