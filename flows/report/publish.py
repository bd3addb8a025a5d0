"""Put the report into the Prefect UI, under a key that stays."""

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.display.pictures.publish import artifact_key
from flows.report.document import markdown
from flows.report.fidelity import fidelity_report
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of


@task(name="report", task_run_name="report", tags=["report"], cache_policy=NO_CACHE)
def publish_report(plan: RoundPlan, run_name: str) -> None:
    """Publish the report as it stands now.

    A task of its own, so that a caller who asks for its state goes on where it fails, and the failure is still to be seen.
    """
    create_markdown_artifact(
        key=artifact_key(run_name, "fidelity"),
        markdown=markdown(fidelity_report(resources_of(plan.site).lake)),
        description="The paper beside this home; with pictures: stargrove report --output report.html",
    )
