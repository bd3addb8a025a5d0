"""From settings to what the flows and the tasks of each round are told."""

from dataclasses import replace

from flows.settings import Settings, fingerprint
from tasks.runtime.plan import RoundPlan, Site
from warehouse.places.location import Location
from warehouse.rounds.line import Place


def site_of(settings: Settings, location: Location) -> Site:
    """Return where the factory stands. The home becomes absolute, so that every process finds it."""
    return Site(
        location=replace(location, home=location.home.resolve()),
        domain=settings.problems.domain,
        warehouse=settings.warehouse,
        engine=settings.engine,
        sandbox=settings.sandbox,
        grading=settings.grading,
        bootstrap=settings.bootstrap,
    )


def fingerprint_of(settings: Settings, place: Place) -> str:
    """Return the fingerprint that a round of these settings has in this place of the line."""
    return fingerprint(settings, through_round=place.number, set_aside=place.set_aside)


def plan_of(settings: Settings, site: Site, place: Place, code_version: str) -> RoundPlan:
    """Return how the round in a place of the line works. Round 0 measures the base and works like round 1 otherwise."""
    described = max(place.number, 1)
    return RoundPlan(
        site=site,
        round=place.round,
        set_aside=place.set_aside,
        run_seed=settings.run.seed,
        fingerprint=fingerprint_of(settings, place),
        code_version=code_version,
        search=settings.search_of(described),
        annotation=settings.annotation,
        sft=settings.sft_of(described),
        ppm=settings.ppm,
        evaluation=settings.evaluation,
        gates=settings.gates,
    )
