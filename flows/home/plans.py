"""From settings to what the tasks of each round are told."""

from pathlib import Path

from flows.settings import Settings, fingerprint
from tasks.runtime.plan import RoundPlan, Site


def site_of(settings: Settings, home: Path) -> Site:
    """Return where the factory stands. The home becomes absolute, so that every process finds it."""
    return Site(
        home=home.resolve(),
        warehouse=settings.warehouse,
        engine=settings.engine,
        sandbox=settings.sandbox,
        grading=settings.grading,
        bootstrap=settings.bootstrap,
    )


def plan_of(settings: Settings, home: Path, round_number: int, code_version: str) -> RoundPlan:
    """Return how a round works. Round 0 measures the base and works like round 1 otherwise."""
    described = max(round_number, 1)
    return RoundPlan(
        site=site_of(settings, home),
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
