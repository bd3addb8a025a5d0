"""From settings to what the flows and the tasks of each round are told."""

from dataclasses import replace

from flows.settings import Settings, fingerprint
from tasks.runtime.plan import RoundPlan, Site
from warehouse.places.location import Location


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


def plan_of(settings: Settings, site: Site, round_number: int, code_version: str) -> RoundPlan:
    """Return how a round works. Round 0 measures the base and works like round 1 otherwise."""
    described = max(round_number, 1)
    return RoundPlan(
        site=site,
        round=round_number,
        run_seed=settings.run.seed,
        fingerprint=fingerprint(settings, through_round=round_number),
        code_version=code_version,
        search=settings.search_of(described),
        annotation=settings.annotation,
        sft=settings.sft_of(described),
        ppm=settings.ppm,
        evaluation=settings.evaluation,
        gates=settings.gates,
    )
