"""Task `train_ppm`: train the PPM from the round's policy on preference pairs, in a process of its own."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
from tasks.runtime.training import (
    Trained,
    TrainingReport,
    commit_training,
    exported,
    ppm_job,
    train_candidate,
    work_dir_of,
)
from warehouse.measured import Evaluation
from warehouse.stages import TRAIN_PPM


@task(name=TRAIN_PPM.name, task_run_name=TRAIN_PPM.label, tags=["training"], cache_policy=NO_CACHE)
def train_ppm(plan: RoundPlan, policy_id: str) -> TrainingReport:
    """Train the PPM from the round's policy on the preference pairs of all rounds so far and publish it as a candidate."""
    resources = resources_of(plan.site)
    resources.progress.stage(plan.round, TRAIN_PPM.label)
    work_dir = work_dir_of(plan, "ppm")
    nodes = exported(plan, resources, work_dir, "export_ppm_nodes", **plan.left_out)
    pairs = exported(plan, resources, work_dir, "export_ppm_pairs", **plan.left_out)
    job = ppm_job(plan, resources.checkpoints.get(policy_id).path, work_dir, nodes, pairs)
    trained = train_candidate(plan, resources, TRAIN_PPM, job, parent_id=policy_id)
    return commit_training(plan, resources, TRAIN_PPM, trained, _pair_accuracy(policy_id, trained))


def _pair_accuracy(policy_id: str, trained: Trained) -> list[Evaluation]:
    """Return the PPM's accuracy on the pairs of problems that its training held out, which the promotion gate reads."""
    metrics = trained.outcome.metrics
    if "ppm_pair_accuracy" not in metrics:
        return []
    n_problems = int(metrics["n_held_out_problems"])
    accuracy = metrics["ppm_pair_accuracy"]
    return [Evaluation(policy_id, trained.checkpoint_id, "validation", "ppm_pair_accuracy", None, accuracy, n_problems)]
