"""The base model that every round's policy starts from, as a checkpoint of the home."""

from flows.data.prompted_bases import with_prompting
from flows.display.progress import Display
from flows.settings import Settings
from models.checkpoints.store import Lineage
from models.tiny import BASE
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import Resources
from warehouse.errors import BadInput
from warehouse.places.objects import fetched
from warehouse.records import CheckpointRow


def base_checkpoint(settings: Settings, plan: RoundPlan, resources: Resources, display: Display) -> str:
    """Return the id of the base's checkpoint, published into the home where it is not there yet.

    A home keeps the base that it began with, also where the shipped one has changed since.
    Raises BadInput where the directory of run.base holds another model by now.
    """
    begun_with = resources.lake.current_checkpoint("base")
    if begun_with is not None and settings.run.base == "tiny":
        display.message(f"base model {begun_with.checkpoint_id}")
        return begun_with.checkpoint_id
    lineage = Lineage(
        parent_id=None, round=0, snapshot_id=None, fingerprint=plan.fingerprint, code_version=plan.code_version, metrics={}
    )
    place = BASE if settings.run.base == "tiny" else settings.run.base
    with fetched(place) as found, with_prompting(found, settings.bootstrap) as directory:
        checkpoint = resources.checkpoints.publish("base", directory, lineage)
    if begun_with is not None and begun_with.checkpoint_id != checkpoint.checkpoint_id:
        raise BadInput(
            f"{settings.run.base} holds {checkpoint.checkpoint_id}, and this home began with {begun_with.checkpoint_id}",
            hint="put the first model back, or name another --home: one home holds one evolution",
        )
    resources.lake.record_checkpoint(
        CheckpointRow(
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
