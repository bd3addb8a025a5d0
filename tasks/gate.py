"""Task `gate`: check a gate's expectations on the lake, record what was observed, and refuse with a reason."""

from dataclasses import dataclass

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
from warehouse.gates.report import GateReport, gate_markdown
from warehouse.gates.run import run_gate
from warehouse.stages import stage_named


@dataclass(frozen=True, slots=True)
class GateSummary:
    """How many expectations of a gate held."""

    gate: str
    n_passed: int
    n_failed: int


@task(name="gate", task_run_name="gate {gate_name}", tags=["gate"], cache_policy=NO_CACHE)
def gate(plan: RoundPlan, gate_name: str, override_reason: str | None = None) -> GateSummary:
    """Return the summary of a gate that holds or is overridden with a reason.

    Raises GateRefused, with the first failing expectations and how to look at their rows, after recording the results.
    """
    lake = resources_of(plan.site).lake
    report = run_gate(gate_name, lake, plan.round, plan.gates, override_reason=override_reason)
    lake.commit(plan.batch(stage_named(f"gate-{gate_name}")), {"gate_results": report.results})
    _publish(report)
    if not report.accepted:
        _announce_refusal(report)
        raise report.refusal()
    return GateSummary(gate_name, len(report.results) - len(report.failed), len(report.failed))


def _publish(report: GateReport) -> None:
    create_markdown_artifact(
        markdown=gate_markdown(report),
        key=f"gate-{report.gate}",
        description=f"round {report.round}: gate {report.gate}, observed against needed",
    )


def _announce_refusal(report: GateReport) -> None:
    emit_event(
        event="stargrove.gate.failed",
        resource={"prefect.resource.id": f"stargrove.gate.{report.gate}"},
        payload={"round": report.round, "failed": [result.expectation for result in report.failed]},
    )
