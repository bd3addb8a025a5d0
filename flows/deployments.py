"""What a Prefect deployment starts: `stargrove evolve` as a flow, with parameters that a form can hold."""

from pathlib import Path

from prefect import State, flow
from prefect.states import Completed

from flows.display.progress import open_display
from flows.home.conduct import run_evolve
from flows.home.lock import hold
from flows.settings import load
from warehouse.errors import RoundHeld


@flow(name="evolve_home", flow_run_name="evolve {home}")
def evolve_home(
    home: str = ".stargrove", profile: str = "tiny-cpu", file: str | None = None, overrides: tuple[str, ...] = ()
) -> State[None] | None:
    """Run the rounds of a home that are not promoted yet. Parameters are those of the command line.

    The worker sets PREFECT_API_URL, so no server is started; it cancels with SIGTERM, which ends the work within seconds. A run
    that ends with a round that waits for a person is completed, in a state that is called Held.
    """
    settings = load(profile, Path(file) if file else None, overrides)
    try:
        with hold(Path(home)) as lock, open_display() as display:
            run_evolve(settings, Path(home), lock, display)
    except RoundHeld as held:
        return Completed(name="Held", message=str(held))
    return None
