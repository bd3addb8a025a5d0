"""The base model that every round's policy starts from, as a checkpoint of the home."""

from flows.display import Display
from flows.settings import Settings
from models.checkpoints import Lineage
from models.tiny import BASE
from tasks.plan import RoundPlan
from tasks.resources import Resources
from warehouse.objects import fetched
from warehouse.records import Checkpoint


def base_checkpoint(settings: Settings, plan: RoundPlan, resources: Resources, display: Display) -> str:
    """Return the id of the base's checkpoint, published into the home where it is not there yet."""
    lineage = Lineage(
        parent_id=None, round=0, snapshot_id=None, fingerprint=plan.fingerprint, code_version=plan.code_version, metrics={}
    )
    with fetched(BASE if settings.run.base == "tiny" else settings.run.base) as directory:
        checkpoint = resources.checkpoints.publish("base", directory, lineage)
    resources.lake.record_checkpoint(
        Checkpoint(
            checkpoint_id=checkpoint.checkpoint_id,
            kind="base",
            round=0,
            parent_id=None,
            snapshot_id=None,
            fingerprint=plan.fingerprint,
            uri=resources.checkpoints.uri(checkpoint),
            status="current",
        )
    )
    display.message(f"base model {checkpoint.checkpoint_id}")
    return checkpoint.checkpoint_id
