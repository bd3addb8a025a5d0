"""Where the answers of an evaluation wait until its PPM is trained."""

from tasks.evaluation.answer_log import AnswerLog
from tasks.runtime.plan import RoundPlan
from warehouse.records import Split
from warehouse.stages import EVALUATE


def answer_log(plan: RoundPlan, split: Split, policy_id: str) -> AnswerLog:
    """Return the file of a policy's answers to a split in a round, whether or not it is there. For a running task."""
    batch_id = plan.batch(EVALUATE, split).batch_id
    return AnswerLog(plan.site.home / "jobs" / "answers" / f"{batch_id}-{policy_id}.jsonl")
