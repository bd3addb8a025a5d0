"""The graph of `stargrove evaluate`: one task run per benchmark."""

from collections.abc import Sequence

from prefect import flow

from tasks.evaluate import evaluate
from tasks.plan import RoundPlan


@flow(name="evaluate", flow_run_name="evaluate {policy_id}", validate_parameters=False)
def measure(plan: RoundPlan, policy_id: str, ppm_id: str | None, benchmarks: Sequence[str | None]) -> None:
    """Measure the checkpoints on each benchmark; None stands for the whole test split."""
    for benchmark in benchmarks:
        evaluate(plan, "test", policy_id, ppm_id, benchmark)
