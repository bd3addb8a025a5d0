"""Task `annotate`: turn verified trees into training data, in SQL: the SFT set and the preference pairs."""

from dataclasses import dataclass

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
from warehouse.stages import ANNOTATE_PAIRS, ANNOTATE_SFT

SFT_STATEMENTS = {
    "verified": "annotate_sft",
    "rejection": "annotate_sft_rejection",
    "unverified": "annotate_sft_unverified",
}
"""The shipped statement that selects the SFT examples."""


@dataclass(frozen=True, slots=True)
class AnnotationReport:
    """How much training data the round has."""

    n_sft_examples: int
    n_preference_pairs: int


@task(name="annotate", task_run_name=ANNOTATE_SFT.label, cache_policy=NO_CACHE)
def annotate(plan: RoundPlan) -> AnnotationReport:
    """Write sft_examples and preference_pairs of the round."""
    lake = resources_of(plan.site).lake
    settings = plan.annotation
    sft = lake.run_statement(
        plan.batch(ANNOTATE_SFT),
        SFT_STATEMENTS[settings.sft_selection],
        round=plan.round,
        n_per_problem=settings.n_sft_per_problem,
        **plan.left_out,
    )
    n_pairs = 0
    for problems in lake.problem_ranges():
        pairs = lake.run_statement(
            plan.batch(ANNOTATE_PAIRS, problems.name),
            "annotate_pairs",
            round=plan.round,
            n_chosen=settings.n_chosen,
            n_rejected=settings.n_rejected,
            min_margin=settings.min_margin,
            rejected_steps=settings.rejected_steps,
            **problems.parameters,
        )
        n_pairs += pairs.n_rows
    return AnnotationReport(sft.n_rows, n_pairs)
