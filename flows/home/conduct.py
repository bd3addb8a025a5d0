"""How an evolution is conducted: look what is left to do, open, start what is slow at once, run the graph, tell how it went."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.display.progress import Display
from flows.display.tables.rounds import round_table
from flows.home.code_version import code_version
from flows.home.lease import leased
from flows.home.lock import HomeLock
from flows.home.prefect_server import reviewed_at
from flows.home.session import session
from flows.settings import Settings, differences, fingerprint, unknown_settings, without_later
from warehouse.errors import BadInput, Interrupted
from warehouse.places.location import existing, located
from warehouse.places.postgres_lease import PostgresLease
from warehouse.records import RoundRow
from warehouse.store.lake import Warehouse

if TYPE_CHECKING:
    from prefect import Flow, State
    from prefect.client.schemas.objects import FlowRun
    from prefect.flows import FlowStateHook

    from flows.evolution import EvolutionPlan
    from tasks.runtime.resources import Resources


def run_evolve(settings: Settings, home: Path, lock: HomeLock, display: Display, override_reason: str | None = None) -> None:
    """Run the rounds that are not promoted yet and show all of them. Raises StargroveError of every kind.

    lock: of the home. On servers the lake's lease is taken as well; BadInput is raised where another machine has it. Where
    every round is promoted, neither Prefect nor an engine nor a trainer is started.
    """
    left = what_is_left(settings, home, display)
    if left is None:
        return
    settings = left
    from models.engines.http.check import require_servers

    require_servers(settings.engine)
    display.planned(settings.run.n_rounds)
    location = located(home, settings.warehouse)
    with leased(location) as lease, session(settings, location, display, lease) as at_work:
        from flows.evolution import evolve

        plan = prepare(settings, at_work.resources, display, override_reason)
        warm_up(at_work.resources)
        display.message(f"waiting for Prefect at {at_work.server.ui_url}")
        at_work.await_server()
        evolve.with_options(on_running=[flow_run_namer(lock, lease)])(plan)
        conclude(at_work.resources.lake, home, display)


def flow_run_namer(lock: HomeLock, lease: PostgresLease | None) -> "FlowStateHook[..., None]":
    """Return what Prefect calls when the flow begins: whoever is refused is told which flow run is at work."""

    def name_flow_run(flow: "Flow[..., None]", flow_run: "FlowRun", state: "State") -> None:
        lock.name_flow_run(str(flow_run.id))
        if lease is not None:
            lease.name_flow_run(str(flow_run.id))

    return name_flow_run


def what_is_left(settings: Settings, home: Path, display: Display) -> Settings | None:
    """Return the settings to go on with, or None where every round is promoted, after showing them.

    A begun home goes on without what came later than it. Raises BadInput for a home of other settings.
    """
    location = existing(home, settings.warehouse)
    if location is None:
        return settings
    # On servers another machine may have begun; where none has, this creates the lake, which comes next anyway.
    with Warehouse.at(location, settings.warehouse, read_only=not location.catalog) as lake:
        rows = [row for number in range(1, settings.run.n_rounds + 1) if (row := lake.round_row(number)) is not None]
        if rows:
            settings, changed = without_later(settings, rows[0].settings_json)
            if changed:
                display.message(f"{home} was begun before there was a choice, and goes on with {', '.join(changed)}")
        refuse_other_settings(settings, home, rows)
        if len(rows) < settings.run.n_rounds or any(row.status != "promoted" for row in rows):
            return settings
        display.message(f"every round of {home} is promoted: nothing is left to do")
        conclude(lake, home, display)
    return None


def refuse_other_settings(settings: Settings, home: Path, rows: Sequence[RoundRow]) -> None:
    """Raise BadInput where the home holds a round of other settings, naming them: one home holds one evolution."""
    for row in rows:
        if row.fingerprint != fingerprint(settings, through_round=row.round):
            if unknown := unknown_settings(row.settings_json):
                raise BadInput(
                    f"{home} was begun by another version of Stargrove, whose settings were others: {', '.join(unknown)}",
                    hint="go on with that version, or name another --home; what it holds can be read on: stargrove sql",
                )
            changed = "; ".join(differences(row.settings_json, settings, row.round))
            raise BadInput(
                f"{home} holds round {row.round} of other settings ({changed})",
                hint="set them as they were, or name another --home: one home holds one evolution",
            )


def prepare(settings: Settings, resources: "Resources", display: Display, override_reason: str | None) -> "EvolutionPlan":
    """Return the plan, once there are problems and a base."""
    from flows.data.bases import base_checkpoint, bootstrap_checkpoint
    from flows.data.problem_source import ensure_problems
    from flows.evolution import EvolutionPlan
    from flows.home.plans import plan_of

    version = code_version()
    base_plan = plan_of(settings, resources.site, 0, version)
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
        rounds=tuple(plan_of(settings, resources.site, number, version) for number in range(1, settings.run.n_rounds + 1)),
    )


def warm_up(resources: "Resources") -> None:
    """Start in the background what takes seconds: the training libraries and Great Expectations."""
    from warehouse.gates.run import preload

    def start_trainers() -> None:
        with contextlib.suppress(Interrupted):  # whoever needs them is told the same
            _ = resources.trainer_host

    todo: tuple[Callable[[], object], ...] = (start_trainers, preload)
    for work in todo:
        threading.Thread(target=work, name=f"warm-up {work.__name__}", daemon=True).start()


def conclude(lake: Warehouse, home: Path, display: Display) -> None:
    """Show the table of rounds and where to look next."""
    display.show(round_table(lake.query("round_summary"), lake.query("round_comparisons")))
    display.message(f"lineage, gates and timings: {reviewed_at(home)}")
    display.message("every tree as SQL: stargrove sql --list")
