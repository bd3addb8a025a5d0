"""Task `hold`: leave a round that passed its gates to a person, and ask for the review."""

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
from warehouse.rounds.review import review_commands, review_markdown
from warehouse.stages import HOLD


@task(name=HOLD.name, task_run_name=HOLD.label, cache_policy=NO_CACHE)
def hold(plan: RoundPlan) -> None:
    """Publish what the review needs, tell Prefect's automations, and hold the round. Killed on the way, it asks once more."""
    lake = resources_of(plan.site).lake
    create_markdown_artifact(
        markdown=review_markdown(lake, plan.round), key="review", description=f"round {plan.round} waits for a person"
    )
    emit_event(
        event="stargrove.round.held",
        resource={"prefect.resource.id": f"stargrove.round.{plan.round}"},
        payload={"round": plan.round, "decide": review_commands(plan.site.home, plan.round)},
    )
    lake.set_round_status(plan.round, "held")
