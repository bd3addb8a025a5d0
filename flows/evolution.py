"""The graphs: `evolve` runs the rounds one after another, `evolution_round` is the DAG of one.

rollout (per shard) -> verify -> annotate -> gate training-data -> train-policy -> train-ppm
                                                                             -> answer (validation, test)
                    -> evaluate (validation, test) -> gate promotion -> promote, or hold where gates.promotion is "manual"
"""

from collections.abc import Sequence
from typing import Any

import prefect.runtime
from prefect import State, flow
from prefect.futures import PrefectFuture
from prefect.states import Completed
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import BaseModel, ConfigDict

from flows.display.pictures.publish import publish_pictures
from flows.home.forecasting import foretold
from flows.home.openlineage import emit_round
from flows.report.publish import publish_report
from tasks.annotate import annotate
from tasks.answer import answer
from tasks.evaluate import evaluate
from tasks.gate import gate
from tasks.hold import hold
from tasks.promote import promote
from tasks.rollout import rollout
from tasks.runtime.plan import RoundPlan, shards
from tasks.runtime.resources import Resources, resources_of
from tasks.train_policy import train_policy
from tasks.train_ppm import train_ppm
from tasks.verify import verify
from warehouse.errors import GateRefused
from warehouse.records import RoundRow, RoundStatus
from warehouse.rounds.review import review_commands


class EvolutionPlan(BaseModel):
    """The rounds to run, and how the problems are cut into shards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    base_id: str
    bootstrap_id: str
    shard_size: int
    settings_json: str
    override_reason: str | None
    base: RoundPlan
    rounds: tuple[RoundPlan, ...]


@flow(name="evolve", flow_run_name="{plan.name}", validate_parameters=False)
def evolve(plan: EvolutionPlan) -> State[None] | None:
    """Check the problems, measure the base, then run every round that is not promoted yet. Stops where a gate refuses.

    Where a round is held for review, the run ends there, completed, in a state that is called Held.
    """
    resources = resources_of(plan.base.site)
    admitted = gate.submit(plan.base, "ingest", plan.override_reason, return_state=False)
    for split in ("validation", "test"):
        evaluate(plan.base, split, plan.base_id, None, answer(plan.base, split, plan.base_id))
    admitted.result()
    for round_plan in plan.rounds:
        row = resources.lake.round_row(round_plan.round)
        if row is None or row.status != "promoted":
            try:
                evolution_round(plan, round_plan)
            finally:
                publish_pictures(resources.lake, plan.name)
                publish_report(round_plan, plan.name, return_state=True)
                emit_round(resources.lake, round_plan.round, resources.progress.message)
            row = resources.lake.round_row(round_plan.round)
            if row is not None and row.status == "held":
                return _held(round_plan)
    return None


@flow(
    name="evolution_round",
    flow_run_name="{evolution.name} / round {plan.round}",
    task_runner=ThreadPoolTaskRunner(max_workers=4),  # type: ignore[arg-type]  # Prefect's annotation is invariant
    validate_parameters=False,
)
def evolution_round(evolution: EvolutionPlan, plan: RoundPlan) -> State[None] | None:
    """Search, verify, annotate, train, measure, and promote or hold. Raises GateRefused where a gate does not hold."""
    resources = resources_of(plan.site)
    policy_id, ppm_id = begin(evolution, plan, resources)
    resources.progress.message(foretold(resources.lake, plan, evolution.rounds))
    n_problems = len(resources.lake.problems("train"))
    resources.search_begins(plan.round, n_problems * plan.search.n_trees)
    grown = [rollout.submit(plan, shard, policy_id, ppm_id) for shard in shards(n_problems, evolution.shard_size)]
    verified = verify.submit(plan, policy_id, return_state=False, wait_for=grown)
    annotated = annotate.submit(plan, return_state=False, wait_for=[verified])
    admitted = gate.submit(
        plan, "training-data", override_reason=evolution.override_reason, return_state=False, wait_for=[annotated]
    )
    finish([*grown, verified, annotated, admitted], plan, resources, refused_as="failed")

    policy = train_policy.submit(plan, evolution.base_id, return_state=False, wait_for=[admitted])
    policy_id = policy.result().checkpoint_id
    ppm = train_ppm.submit(plan, policy_id, return_state=False, wait_for=[policy])
    # The policy answers on the cores that the PPM's training leaves free, where there are any.
    busy = ppm if plan.site.engine.takes_every_core else policy
    validation = answer.submit(plan, "validation", policy_id, return_state=False, wait_for=[busy])
    test = answer.submit(plan, "test", policy_id, return_state=False, wait_for=[validation])
    finish([ppm, validation, test], plan, resources, refused_as="failed")
    candidates = policy_id, ppm.result().checkpoint_id
    resources.lake.set_candidates(plan.round, *candidates)

    validated = evaluate.submit(plan, "validation", *candidates, validation, return_state=False, wait_for=[ppm, test])
    tested = evaluate.submit(plan, "test", *candidates, test, return_state=False, wait_for=[validated])
    allowed = gate.submit(plan, "promotion", evolution.override_reason, return_state=False, wait_for=[tested])
    finish([validated, tested, allowed], plan, resources, refused_as="rejected")
    if plan.gates.promotion == "manual":
        hold.submit(plan, return_state=False, wait_for=[allowed]).result()
        return _held(plan)
    promote.submit(plan, *candidates, return_state=False, wait_for=[allowed]).result()
    return None


def _held(plan: RoundPlan) -> State[None]:
    """Return the state of a run that ends with a round that waits for a person: nothing failed, and nothing is promoted."""
    return Completed(name="Held", message=f"round {plan.round} waits: {review_commands(plan.site.home, plan.round)}")


def begin(evolution: EvolutionPlan, plan: RoundPlan, resources: Resources) -> tuple[str, str | None]:
    """Record that the round runs, and return the checkpoints that search in it."""
    lake = resources.lake
    policy = lake.current_checkpoint("policy")
    ppm = lake.current_checkpoint("ppm")
    policy_id = policy.checkpoint_id if policy else evolution.bootstrap_id
    ppm_id = ppm.checkpoint_id if ppm and plan.search.q_source == "ppm" else None
    lake.start_round(
        RoundRow(
            round=plan.round,
            status="running",
            fingerprint=plan.fingerprint,
            settings_json=evolution.settings_json,
            code_version=plan.code_version,
            policy_id=policy_id,
            ppm_id=ppm_id,
            flow_run_id=prefect.runtime.flow_run.id,
            set_aside=plan.set_aside,
        )
    )
    resources.progress.message(f"round {plan.round} searches with {policy_id}" + (f" and {ppm_id}" if ppm_id else ""))
    return policy_id, ppm_id


def finish(futures: Sequence[PrefectFuture[Any]], plan: RoundPlan, resources: Resources, refused_as: RoundStatus) -> None:
    """Wait for the futures in the order of the graph, so that the first failure is the one that is raised.

    Where a gate refused, the round is marked first; its rows stay and can be queried.
    """
    try:
        for future in futures:
            future.result()
    except GateRefused:
        if refused_as == "rejected":
            resources.lake.reject(plan.round)
        else:
            resources.lake.set_round_status(plan.round, refused_as)
        raise
    except Exception:
        # Whatever else is still running can no longer be of use, and would keep the process alive.
        resources.stop()
        raise
