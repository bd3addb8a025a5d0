"""Task `record_ablation`: commit what an ablation found."""

from dataclasses import replace

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
from warehouse.measured import Ablation
from warehouse.stages import ABLATE


@task(name="record_ablation", task_run_name=f"{ABLATE.label} record {{shard}}", cache_policy=NO_CACHE)
def record_ablation(plan: RoundPlan, shard: str, rows: list[Ablation], wall_seconds: float) -> str:
    """Commit the rows of an ablation and return the id of their batch; those of the same ablation before are replaced."""
    batch = replace(plan.batch(ABLATE, shard), wall_seconds=wall_seconds)
    resources_of(plan.site).lake.commit(batch, {"ablations": rows})
    return batch.batch_id
