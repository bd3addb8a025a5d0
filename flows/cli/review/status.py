"""`stargrove status`: how a home stands, and what to do next."""

from flows.cli.options import DEFAULT_HOME, HomeOption

NAME = "status"


def command(home: HomeOption = DEFAULT_HOME) -> None:
    """Show the rounds of a home, what runs on it now, what that waits for, and how to go on where nothing runs."""
    from datetime import UTC, datetime

    from flows.display.screen import screen
    from flows.display.tables.status import status_view
    from flows.home.status import status_of
    from warehouse.errors import BadInput

    if not home.exists():
        raise BadInput(
            f"there is no home {home}", hint=f"begin one with: stargrove evolve --home {home}, or name another --home"
        )
    screen().print(status_view(status_of(home), datetime.now(UTC)))
