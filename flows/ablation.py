"""The graph of `stargrove ablate`: train each variant from the round's trees, and measure all of them on the same problems."""

import time

from prefect import flow
from pydantic import BaseModel, ConfigDict

from tasks.measure import measure
from tasks.record_ablation import record_ablation
from tasks.runtime.measure_plan import MeasurePlan, Selection
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
from tasks.runtime.variants import MeasuredVariant, Question, Variant, ablation_rows, measured_variant
from tasks.search_variant import search_variant
from tasks.summarise import summarise
from tasks.train_variant import train_variant
from warehouse.measured import Ablation, AnswerMethod


class AblationPlan(BaseModel):
    """Which questions are asked of which finished round, and on which problems."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    round_plan: RoundPlan
    base_id: str
    policy_id: str
    ppm_id: str
    questions: tuple[Question, ...]
    selection: Selection
    share_size: int
    n_searched: int


METHODS: dict[Question, tuple[AnswerMethod, ...]] = {"sft-data": ("greedy", "sample"), "ppm-loss": ("sample", "mcts")}
"""How variants are measured: a policy alone, a PPM by what it chooses."""


@flow(name="ablate", flow_run_name="ablate round {plan.round_plan.round}", validate_parameters=False)
def ablate(plan: AblationPlan) -> str:
    """Run the variants of every question and return the id of the batch that holds their rows."""
    started = time.perf_counter()
    rows: list[Ablation] = []
    for question in plan.questions:
        rows += ablation_rows([_measured(plan, variant) for variant in variants(plan, question)])
    shard = f"{plan.selection.name} {' '.join(plan.questions)}"
    return record_ablation(plan.round_plan, shard, rows, time.perf_counter() - started)


def variants(plan: AblationPlan, question: Question) -> list[Variant]:
    """Return a question's variants. What the round itself chose has its checkpoints already and is not trained again."""
    own = plan.round_plan.annotation.sft_selection, plan.round_plan.ppm.loss_kind
    match question:
        case "sft-data":
            return [
                Variant(question=question, name=name, policy_id=plan.policy_id if name == own[0] else None)
                for name in ("unverified", "rejection", "verified")
            ]
        case "ppm-loss":
            return [
                Variant(question=question, name=name, policy_id=plan.policy_id, ppm_id=plan.ppm_id if name == own[1] else None)
                for name in ("orm", "pqm", "ppm")
            ]
        case "q-source":
            return [
                Variant(question=question, name=name, policy_id=plan.policy_id, ppm_id=plan.ppm_id)
                for name in ("terminal", "ppm")
            ]


def _measured(plan: AblationPlan, variant: Variant) -> MeasuredVariant:
    if variant.question == "q-source":
        return search_variant(plan.round_plan, variant, plan.n_searched)
    if variant.policy_id is None:
        variant = train_variant(plan.round_plan, variant, plan.base_id)
    elif variant.question == "ppm-loss" and variant.ppm_id is None:
        variant = train_variant(plan.round_plan, variant, plan.policy_id)
    assert variant.policy_id is not None
    measuring = MeasurePlan(
        round_plan=plan.round_plan,
        policy_id=variant.policy_id,
        ppm_id=variant.ppm_id,
        methods=METHODS[variant.question],
        selections=(plan.selection,),
        share_size=plan.share_size,
    )
    shares = [one for method in measuring.methods for one in measure(measuring, plan.selection, method)]
    summary = summarise(measuring, plan.selection, shares)
    return measured_variant(resources_of(plan.round_plan.site).lake, variant, summary, shares, plan.selection.name)
