"""Where the problems of an evolution come from: made from seeds, or read from files by `stargrove ingest`."""

from flows.display import Display
from flows.settings import Settings
from tasks.plan import RoundPlan
from tasks.problems.virtual import generate_problems
from tasks.resources import Resources
from warehouse.errors import BadInput


def ensure_problems(settings: Settings, plan: RoundPlan, resources: Resources, display: Display) -> None:
    """Put the virtual problems into the lake where they are not there yet; refuse to begin without problems."""
    chosen = settings.problems
    batch = plan.batch("ingest", chosen.source)
    if chosen.source == "virtual" and not resources.lake.is_committed(batch.batch_id):
        problems = [
            *generate_problems("test", chosen.test_seed, chosen.test_per_level),
            *generate_problems("validation", chosen.validation_seed, chosen.validation_per_level),
            *generate_problems("train", chosen.train_seed, chosen.train_per_level),
        ]
        n_new = resources.lake.ingest(batch, problems, [])
        display.message(f"{n_new} virtual problems made from seeds")
    for split in ("train", "validation"):
        if not resources.lake.problems(split, limit=1):
            raise BadInput(
                f"there are no {split} problems in {resources.site.home}",
                hint=f"bring some: stargrove ingest FILE --split {split}",
            )
