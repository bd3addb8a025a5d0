"""Task `train_policy`: fine-tune the base on the round's SFT examples, in a process of its own."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
from tasks.runtime.training import TrainingReport, commit_training, exported, policy_job, train_candidate, work_dir_of
from warehouse.stages import TRAIN_POLICY


@task(name=TRAIN_POLICY.name, task_run_name=TRAIN_POLICY.label, tags=["training"], cache_policy=NO_CACHE)
def train_policy(plan: RoundPlan, base_id: str) -> TrainingReport:
    """Fine-tune the base on the round's SFT examples and publish the policy as a candidate."""
    resources = resources_of(plan.site)
    resources.progress.stage(plan.round, TRAIN_POLICY.label)
    work_dir = work_dir_of(plan, "policy")
    examples = exported(plan, resources, work_dir, "export_sft")
    job = policy_job(plan, resources.checkpoints.get(base_id).path, work_dir, examples)
    trained = train_candidate(plan, resources, TRAIN_POLICY, job, parent_id=base_id)
    return commit_training(plan, resources, TRAIN_POLICY, trained)
