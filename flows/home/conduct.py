"""What `stargrove evolve` does: check, open, start what is slow at once, then run the graph and tell how it went."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from flows.display.progress import Display
from flows.home.code_version import code_version
from flows.home.prefect_server import PrefectServer, open_server
from flows.settings import Settings, differences, fingerprint
from models.engines.http.check import require_servers
from warehouse.errors import BadInput, Interrupted
from warehouse.places.location import has_lake, located
from warehouse.store.lake import Warehouse

if TYPE_CHECKING:
    from flows.evolution import EvolutionPlan
    from tasks.runtime.resources import Resources

EXIT_DONE = 0


def run_evolve(settings: Settings, home: Path, display: Display, override_reason: str | None = None) -> int:
    """Run the rounds that are not promoted yet and return the exit code 0. Raises StargroveError of every kind.

    Flow runs go to the Prefect server of PREFECT_API_URL, or to the home's own, which is left running for review.
    """
    refuse_other_settings(settings, home)
    require_servers(settings.engine)
    server = open_server(home)
    os.environ.update(server.client_environment)
    # Prefect reads its environment when it is imported, so nothing that imports it may be imported before this line.
    from flows.evolution import evolve
    from flows.home.plans import site_of
    from tasks.runtime.resources import opened

    with opened(site_of(settings, home), display) as resources:
        plan = prepare(settings, home, resources, display, override_reason)
        warm_up(plan, resources)
        display.message(f"waiting for Prefect at {server.ui_url}")
        server.wait()
        try:
            evolve(plan)
        except KeyboardInterrupt as interrupt:
            resources.stop()
            raise Interrupted("interrupted", hint="run the same command again to go on") from interrupt
        finally:
            resources.stop()
        conclude(resources, server, display)
    return EXIT_DONE


def prepare(
    settings: Settings, home: Path, resources: "Resources", display: Display, override_reason: str | None
) -> "EvolutionPlan":
    """Return the plan, once there are problems and a base."""
    from flows.data.bases import base_checkpoint, bootstrap_checkpoint
    from flows.data.problem_source import ensure_problems
    from flows.evolution import EvolutionPlan
    from flows.home.plans import plan_of

    version = code_version()
    base_plan = plan_of(settings, home, 0, version)
    ensure_problems(settings, base_plan, resources, display)
    base_id = base_checkpoint(settings, base_plan, resources, display)
    return EvolutionPlan(
        name=settings.run.name,
        base_id=base_id,
        bootstrap_id=bootstrap_checkpoint(settings, base_id, base_plan, resources, display),
        shard_size=settings.run.shard_size,
        settings_json=settings.model_dump_json(),
        override_reason=override_reason,
        base=base_plan,
        rounds=tuple(plan_of(settings, home, number, version) for number in range(1, settings.run.n_rounds + 1)),
    )


def refuse_other_settings(settings: Settings, home: Path) -> None:
    """Raise BadInput where the home holds a round of other settings, naming them: one home holds one evolution."""
    on_servers = bool(located(home, settings.warehouse).catalog)
    if not on_servers and not has_lake(home):
        return
    # On servers another machine may have begun; where none has, this creates the lake, which comes next anyway.
    with Warehouse.open(home, settings.warehouse, read_only=not on_servers) as lake:
        rows = [lake.round_row(number) for number in range(1, settings.run.n_rounds + 1)]
    for row in rows:
        if row is not None and row.fingerprint != fingerprint(settings, through_round=row.round):
            changed = "; ".join(differences(row.settings_json, settings, row.round))
            raise BadInput(
                f"{home} holds round {row.round} of other settings ({changed})",
                hint="set them as they were, or name another --home: one home holds one evolution",
            )


def warm_up(plan: "EvolutionPlan", resources: "Resources") -> None:
    """Start in the background what takes seconds: the training libraries and Great Expectations."""
    from warehouse.gates.run import preload

    def start_trainers() -> None:
        _ = resources.trainer_host

    todo: tuple[Callable[[], object], ...] = (start_trainers, preload)
    for work in todo:
        threading.Thread(target=work, name=f"warm-up {work.__name__}", daemon=True).start()


def conclude(resources: "Resources", server: PrefectServer, display: Display) -> None:
    """Show the table of rounds and where to look next."""
    from flows.display.tables.rounds import round_table

    display.show(round_table(resources.lake.query("round_summary")))
    display.message(f"lineage, gates and timings: {server.ui_url}")
    display.message("every tree as SQL: stargrove sql --list")
