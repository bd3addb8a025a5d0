"""Task `promote`: make a round's candidates the current checkpoints, or record that they were refused."""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
from warehouse.stages import PROMOTE


@task(name=PROMOTE.name, task_run_name=PROMOTE.label, cache_policy=NO_CACHE)
def promote(plan: RoundPlan, policy_id: str, ppm_id: str | None) -> None:
    """Promote the candidates in one transaction, and tell Prefect's automations."""
    resources_of(plan.site).lake.promote(plan.round, policy_id, ppm_id)
    emit_event(
        event="stargrove.round.promoted",
        resource={"prefect.resource.id": f"stargrove.round.{plan.round}"},
        payload={"round": plan.round, "policy_id": policy_id, "ppm_id": ppm_id},
    )
