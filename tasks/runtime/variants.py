"""The variants of an ablation: one choice of the recipe each, and what was measured of it as rows of `ablations`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from tasks.evaluation.scoreboard import Metric
from warehouse.records import Ablation
from warehouse.store.lake import Warehouse

Question = Literal["sft-data", "ppm-loss", "q-source"]


class Variant(BaseModel):
    """One choice. checkpoints: those that answer or search; the policy or the PPM is None until it is trained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: Question
    name: str
    policy_id: str | None = None
    ppm_id: str | None = None

    @property
    def label(self) -> str:
        """What names its work directory and runs."""
        return f"{self.question}-{self.name}"


def ablation_row(variant: Variant, metric: Metric, problems: str) -> Ablation:
    """Return a metric of a variant as a row of `ablations`."""
    assert variant.policy_id is not None
    return Ablation(
        variant.question,
        variant.name,
        metric.name,
        metric.value,
        metric.low,
        metric.high,
        metric.n_problems,
        metric.tokens_per_problem,
        problems,
        variant.policy_id,
        variant.ppm_id,
    )


def measured_rows(lake: Warehouse, variant: Variant, summary_batch_id: str, problems: str) -> list[Ablation]:
    """Return what `stargrove evaluate` would have shown of a variant, as rows of `ablations`."""
    found = lake.query(
        """select metric, value, low, high, n_problems, tokens_per_problem from evaluations
        where batch_id = $id and level is null order by metric""",
        id=summary_batch_id,
    )
    return [
        ablation_row(variant, Metric(name, None, value, low, high, n_problems, tokens), problems)
        for name, value, low, high, n_problems, tokens in found.iter_rows()
    ]
