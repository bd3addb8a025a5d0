"""Task `answer`: let a round's policy attempt held-out problems, while its PPM is still in training."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.evaluation.measurement import Answered, answered
from tasks.evaluation.methods import METHODS_OF_SPLIT, TestTime
from tasks.runtime.answers import answer_log
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
from warehouse.records import Split
from warehouse.stages import ANSWER, EVALUATE


@task(name=ANSWER.name, task_run_name=f"{ANSWER.label} {{split}}", tags=["evaluation"], cache_policy=NO_CACHE)
def answer(plan: RoundPlan, split: Split, policy_id: str) -> Answered | None:
    """Let a policy attempt every problem of the split; None where an earlier run has measured them.

    No PPM is needed, so this can run while one is trained. A run that is interrupted goes on with what was not answered yet.
    """
    resources = resources_of(plan.site)
    if resources.lake.is_committed(plan.batch(EVALUATE, split).batch_id):
        return None
    problems = resources.lake.problems(split, held_out=True)
    methods = METHODS_OF_SPLIT[split]
    label = f"{ANSWER.label} {split}"
    with resources.machinery(policy_id) as machinery:
        resources.progress.stage(plan.round, label, len(methods) * len(problems), beside=True)
        answers = answered(
            problems,
            methods,
            TestTime(plan.evaluation, plan.search, scored=False, wording=resources.domain.wording),
            machinery,
            f"{plan.run_seed}/{plan.round}",
            lambda n_done, n_total, n_tokens: resources.progress.trees(label, n_done, n_total, 0, n_tokens),
            answer_log(plan, split, policy_id),
        )
    resources.progress.over(label)
    return answers
