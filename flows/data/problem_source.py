"""Where the problems of an evolution come from: made from seeds, or read from files by `stargrove ingest`."""

from dataclasses import replace

from flows.data.near_duplicates import NEAR_DUPLICATES, record_near_duplicates
from flows.display.progress import Display
from flows.settings import Settings
from tasks.domains.base import ProblemDomain
from tasks.problems.decontamination import Decontaminator
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import Resources
from warehouse.errors import BadInput
from warehouse.records import SPLITS, Batch, Source
from warehouse.stages import INGEST, SOURCES
from warehouse.store.lake import Warehouse


def ensure_problems(settings: Settings, plan: RoundPlan, resources: Resources, display: Display) -> None:
    """Put the virtual problems into the lake where they are not there yet; refuse to begin without problems."""
    batch = plan.batch(INGEST, settings.problems.source)
    sources = replace(batch, stage=SOURCES.name)
    if settings.problems.source == "virtual":
        if not resources.lake.is_committed(batch.batch_id):
            display.message(_ingest_virtual(settings, resources, batch))
        if not resources.lake.is_committed(sources.batch_id):
            _record_virtual(resources.domain, resources.lake, sources)
    for split in ("train", "validation"):
        if not resources.lake.problems(split, limit=1):
            raise BadInput(
                f"there are no {split} problems in {resources.site.home}",
                hint=f"bring some: stargrove ingest FILE --split {split}",
            )
    if not resources.lake.is_committed(NEAR_DUPLICATES.batch_id):
        record_near_duplicates(settings, resources.lake)


def _ingest_virtual(settings: Settings, resources: Resources, batch: Batch) -> str:
    """Make the problems and commit them; return one line about them."""
    chosen, generate = settings.problems, resources.domain.generate
    test = generate("test", chosen.test_seed, chosen.test_per_level)
    validation = generate("validation", chosen.validation_seed, chosen.validation_per_level)
    train = generate("train", chosen.train_seed, chosen.train_per_level)
    refusals = Decontaminator(test, settings.gates.n_gram).refusals([*validation, *train])
    refused = {refusal.problem.problem_id for refusal in refusals}
    problems = [problem for problem in (*test, *validation, *train) if problem.problem_id not in refused]
    n_new = resources.lake.ingest(batch, problems, [refusal.quarantined() for refusal in refusals])
    return f"{n_new} virtual problems from seeds; {len(refused)} more repeat words of test problems: left out"


def _record_virtual(domain: ProblemDomain, lake: Warehouse, batch: Batch) -> None:
    """Record where the virtual problems of the lake come from."""
    made = domain.generator
    rows = []
    for split in SPLITS:
        n_problems = sum(problem.source == made.source for problem in lake.problems(split))
        rows.append(Source(made.source, split, made.licence, made.address, batch.fingerprint, n_problems, n_problems))
    lake.commit(batch, {"sources": rows})
