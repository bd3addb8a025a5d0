"""From settings to what the flows and the tasks of each round are told."""

from dataclasses import replace

from flows.settings import Settings, fingerprint
from tasks.runtime.plan import RoundPlan, Site
from warehouse.places.location import Location
from warehouse.rounds.line import Turn


def site_of(settings: Settings, location: Location, lease_token: int | None = None) -> Site:
    """Return where the factory stands. The home becomes absolute, so that every process finds it."""
    return Site(
        location=replace(location, home=location.home.resolve()),
        lease_token=lease_token,
        domain=settings.problems.domain,
        warehouse=settings.warehouse,
        engine=settings.engine,
        sandbox=settings.sandbox,
        grading=settings.grading,
        bootstrap=settings.bootstrap,
    )


def fingerprint_of(settings: Settings, turn: Turn) -> str:
    """Return the fingerprint that a round of these settings has in its turn."""
    return fingerprint(settings, through_round=turn.place, set_aside=turn.set_aside)


def plan_of(settings: Settings, site: Site, turn: Turn, code_version: str) -> RoundPlan:
    """Return how a round works when it is its turn. Round 0 measures the base and works like round 1 otherwise."""
    described = max(turn.place, 1)
    return RoundPlan(
        site=site,
        round=turn.round,
        set_aside=turn.set_aside,
        run_seed=settings.run.seed,
        fingerprint=fingerprint_of(settings, turn),
        code_version=code_version,
        search=settings.search_of(described),
        annotation=settings.annotation,
        sft=settings.sft_of(described),
        ppm=settings.ppm,
        evaluation=settings.evaluation,
        gates=settings.gates,
    )
