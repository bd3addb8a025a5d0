"""The models that an evolution begins with, as checkpoints of the home: the base, and who searches before a policy exists."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.data.prompted_bases import with_prompting
from flows.display.progress import Display
from flows.settings import Settings
from models.catalogue.card import ModelCard
from models.catalogue.catalogue import Catalogue, models_root
from models.checkpoints.store import SERVED_FILE, Lineage
from models.engines.http.check import first_served
from models.engines.served import ServedModel
from models.tiny import BASE
from tasks.bootstrap.prompting import PROMPTING_FILE, Prompting
from tasks.bootstrap.worked_examples import worked_examples
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import Resources
from tasks.search.format import MARKERS
from warehouse.errors import BadInput
from warehouse.places.objects import fetched, object_uri
from warehouse.records import CheckpointKind, CheckpointRow


def base_checkpoint(settings: Settings, plan: RoundPlan, resources: Resources, display: Display) -> str:
    """Return the id of the base's checkpoint, published into the home where it is not there yet.

    A home keeps the base that it began with, also where the shipped one has changed since.
    Raises BadInput where run.base names another model by now.
    """
    begun_with = resources.lake.current_checkpoint("base")
    if begun_with is not None and settings.run.base == "tiny":
        display.message(f"base model {begun_with.checkpoint_id}")
        return begun_with.checkpoint_id
    checkpoint_id = _published("base", settings.run.base, settings, plan, resources)
    if begun_with is not None and begun_with.checkpoint_id != checkpoint_id:
        raise BadInput(
            f"{settings.run.base} holds {checkpoint_id}, and this home began with {begun_with.checkpoint_id}",
            hint="put the first model back, or name another --home: one home holds one evolution",
        )
    _record("base", checkpoint_id, plan, resources)
    display.message(f"base model {checkpoint_id}")
    return checkpoint_id


def bootstrap_checkpoint(settings: Settings, base_id: str, plan: RoundPlan, resources: Resources, display: Display) -> str:
    """Return the id of the checkpoint that searches until a policy is promoted: the base's, or that of bootstrap.model."""
    source = settings.bootstrap.model
    if not source:
        return base_id
    known = resources.lake.current_checkpoint("bootstrap")
    if known is not None and resources.lake.current_checkpoint("policy") is not None:
        return known.checkpoint_id  # Its work is done: a file or a server that is gone by now holds nobody up.
    if _is_address(source):
        checkpoint_id = _published_address(settings, plan, resources)
    else:
        checkpoint_id = _published("bootstrap", source, settings, plan, resources)
    _record("bootstrap", checkpoint_id, plan, resources)
    display.message(f"bootstrap model {checkpoint_id}: {source}")
    return checkpoint_id


@contextmanager
def model_directory(source: str, home: Path) -> Iterator[tuple[Path, ModelCard | None]]:
    """Yield the directory of a model that a setting names, and its card where it was added by name."""
    if source == "tiny":
        yield BASE, None
    elif object_uri(source) is not None:
        with fetched(source) as copy:
            yield copy, None
    else:
        yield Catalogue(models_root(home), MARKERS).found(source)


def _published(kind: CheckpointKind, source: str, settings: Settings, plan: RoundPlan, resources: Resources) -> str:
    with (
        model_directory(source, resources.site.home) as (found, card),
        with_prompting(found, settings.bootstrap, card, settings.engine.max_model_len, resources.domain.examples) as directory,
    ):
        taken_from = card.origin if card is not None else None
        return resources.checkpoints.publish(kind, directory, _origin(plan, taken_from)).checkpoint_id


def _published_address(settings: Settings, plan: RoundPlan, resources: Resources) -> str:
    """Publish where a server is and how its model is prompted. Its tokenizer is not known here, so that is in plain text."""
    chosen = settings.bootstrap
    if chosen.template == "chat":
        raise BadInput(
            'bootstrap.template = "chat": a server\'s chat template is not known here', hint='set it to "plain" or "auto"'
        )
    url = chosen.model.rstrip("/")
    served = ServedModel(url=url, model=chosen.served_model or first_served(url))
    examples = worked_examples(resources.domain.examples if chosen.examples == "auto" else chosen.examples)
    with tempfile.TemporaryDirectory(prefix="stargrove-served-") as work:
        staged = Path(work)
        (staged / SERVED_FILE).write_text(json.dumps(served.model_dump(), indent=2) + "\n", encoding="utf-8")
        (staged / PROMPTING_FILE).write_text(Prompting.plain(examples, ()).model_dump_json(indent=2) + "\n", encoding="utf-8")
        return resources.checkpoints.publish("bootstrap", staged, _origin(plan, None)).checkpoint_id


def _record(kind: CheckpointKind, checkpoint_id: str, plan: RoundPlan, resources: Resources) -> None:
    checkpoint = resources.checkpoints.get(checkpoint_id, kind)
    resources.lake.record_checkpoint(
        CheckpointRow(
            checkpoint_id=checkpoint_id,
            kind=kind,
            round=0,
            parent_id=None,
            snapshot_id=None,
            fingerprint=plan.fingerprint,
            uri=resources.checkpoints.uri(checkpoint),
            status="current",
        )
    )


def _origin(plan: RoundPlan, taken_from: str | None) -> Lineage:
    return Lineage(
        parent_id=None,
        round=0,
        snapshot_id=None,
        fingerprint=plan.fingerprint,
        code_version=plan.code_version,
        metrics={},
        origin=taken_from,
    )


def _is_address(source: str) -> bool:
    return source.startswith(("http://", "https://"))
