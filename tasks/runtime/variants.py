"""The variants of an ablation: one choice of the recipe each, and what was measured of it as rows of `ablations`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tasks.evaluation.scoreboard import Metric
from warehouse.measured import Ablation
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


@dataclass(frozen=True, slots=True)
class MeasuredVariant:
    """What was measured of a variant. problems: which, in words. shares: what each problem earned, by metric and problem."""

    variant: Variant
    metrics: tuple[Metric, ...]
    problems: str
    shares: Mapping[tuple[str, str], float]


def ablation_rows(measured: Sequence[MeasuredVariant]) -> list[Ablation]:
    """Return the metrics of a question's variants as rows of `ablations`, each compared with the last variant's."""
    return [_row(one, metric, measured[-1]) for one in measured for metric in one.metrics]


def _row(one: MeasuredVariant, metric: Metric, last: MeasuredVariant) -> Ablation:
    variant = one.variant
    assert variant.policy_id is not None
    differences = [
        value - last.shares[key] for key, value in one.shares.items() if key[0] == metric.name and key in last.shares
    ]
    is_compared = one is not last and bool(differences)
    return Ablation(
        variant.question,
        variant.name,
        metric.name,
        metric.value,
        metric.low,
        metric.high,
        metric.n_problems,
        metric.tokens_per_problem,
        one.problems,
        variant.policy_id,
        variant.ppm_id,
        against=last.variant.name if is_compared else None,
        n_better=sum(difference > 0 for difference in differences) if is_compared else None,
        n_worse=sum(difference < 0 for difference in differences) if is_compared else None,
    )


def measured_variant(
    lake: Warehouse, variant: Variant, summary_batch_id: str, share_batch_ids: Sequence[str], problems: str
) -> MeasuredVariant:
    """Return what `stargrove evaluate` would have shown of a variant."""
    found = lake.query(
        """select metric, value, low, high, n_problems, tokens_per_problem from evaluations
        where batch_id = $id and level is null order by metric""",
        id=summary_batch_id,
    )
    metrics = tuple(
        Metric(name, None, value, low, high, n_problems, tokens)
        for name, value, low, high, n_problems, tokens in found.iter_rows()
    )
    shares = lake.query(
        "select metric, problem_id, value from problem_metrics where batch_id in (select unnest($ids))",
        ids=list(share_batch_ids),
    )
    by_problem = {(metric, problem_id): value for metric, problem_id, value in shares.iter_rows()}
    return MeasuredVariant(variant, metrics, problems, by_problem)
