"""The graph of `stargrove evaluate`: one task run per method and selection of problems, and one that sums each selection up."""

from dataclasses import dataclass

from prefect import flow

from tasks.measure import measure
from tasks.runtime.measure_plan import MeasurePlan, Selection
from tasks.summarise import summarise


@dataclass(frozen=True, slots=True)
class MeasuredSelection:
    """Where its rows are: the batches of its shares, and that of its metrics."""

    selection: Selection
    share_batch_ids: tuple[str, ...]
    summary_batch_id: str


@flow(name="evaluate", flow_run_name="evaluate {plan.policy_id}", validate_parameters=False)
def evaluate_checkpoints(plan: MeasurePlan) -> list[MeasuredSelection]:
    """Measure the checkpoints on each selection of problems, by each method."""
    done = []
    for selection in plan.selections:
        shares = [batch_id for method in plan.methods for batch_id in measure(plan, selection, method)]
        done.append(MeasuredSelection(selection, tuple(shares), summarise(plan, selection, shares)))
    return done
