"""Checkpoints: immutable directories of weights with a manifest that says where they come from.

A checkpoint lives in `<root>/<kind>-<first 12 hex digits of its content hash>/`. The content is the model's own files, so the
same weights have the same id wherever and whenever they are published. A directory is written beside its place and appears
there by one rename: what has the final name is whole. Where the lake's files are on S3, each checkpoint is copied there too,
and a machine that lacks one fetches it: engines and trainers read local directories only.
"""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from models.checkpoints.mirror import MANIFEST as MANIFEST
from models.checkpoints.mirror import CheckpointMirror
from warehouse.errors import BadInput, StargroveError
from warehouse.records import CheckpointKind

WEIGHTS_SUFFIX: Final = ".safetensors"
SERVED_FILE: Final = "served.json"
"""Stands in a checkpoint whose weights a server holds, in place of weights: where that is, and what it is called there."""
_MODEL_SUFFIXES: Final = frozenset({WEIGHTS_SUFFIX, ".json", ".jinja", ".txt", ".model", ".md"})
_TRAINER_FILES: Final = frozenset({MANIFEST, "trainer_state.json"})
_ID_DIGITS: Final = 12


class CheckpointBroken(BadInput):
    """A checkpoint directory cannot be used: no weights, no whole manifest, changed files, or of another kind."""


class CheckpointWriteError(StargroveError):
    """A checkpoint could not be stored; nothing appeared under its name."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where weights come from. round and snapshot_id are None for a base that no round produced.

    origin: where a pre-trained model was taken from, of a hub's the commit; None for any other.
    """

    parent_id: str | None
    round: int | None
    snapshot_id: int | None
    fingerprint: str
    code_version: str
    metrics: dict[str, float]
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A published checkpoint. `files` maps each file name to its sha256."""

    checkpoint_id: str
    kind: CheckpointKind
    path: Path
    lineage: Lineage
    files: dict[str, str]

    @property
    def uri(self) -> str:
        """The address on this machine."""
        return self.path.absolute().as_uri()


class _Manifest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    checkpoint_id: str
    kind: CheckpointKind
    lineage: Lineage
    files: dict[str, str]


class CheckpointStore:
    """The checkpoints under one directory, and in a bucket where there is a mirror."""

    def __init__(self, root: Path, mirror: CheckpointMirror | None = None) -> None:
        self.root = root
        self.mirror = mirror

    def publish(self, kind: CheckpointKind, staged: Path, lineage: Lineage) -> Checkpoint:
        """Return the checkpoint made of the model files in `staged`, which stays as it is.

        The same content published again gives the first checkpoint with its first lineage, and writes nothing.
        Raises CheckpointBroken when `staged` holds no weights.
        """
        files = _hashes_of_model_files(staged)
        checkpoint_id = _checkpoint_id(kind, files)
        place = self.root / checkpoint_id
        if not place.exists():
            manifest = _Manifest(checkpoint_id=checkpoint_id, kind=kind, lineage=lineage, files=files)
            try:
                self._write(staged, place, manifest)
            except OSError as error:
                raise CheckpointWriteError(
                    f"checkpoint {checkpoint_id} cannot be written to {self.root}: {error.strerror}",
                    hint="free space or permit writing there, then run the same command again",
                ) from error
        checkpoint = verify_checkpoint(place, kind)
        if self.mirror is not None:
            self.mirror.push(place)
        return checkpoint

    def uri(self, checkpoint: Checkpoint) -> str:
        """Return the address that the warehouse keeps: the one that every machine can read."""
        return checkpoint.uri if self.mirror is None else self.mirror.uri(checkpoint.checkpoint_id)

    def _write(self, staged: Path, place: Path, manifest: _Manifest) -> None:
        # The draft's name depends on the content alone, so that what a killed run left is replaced by the run that resumes it.
        draft = place.with_name(f".{place.name}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for name in manifest.files:
            shutil.copyfile(staged / name, draft / name)
        (draft / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n")
        for written in draft.iterdir():
            _flush_to_disk(written)
        _flush_to_disk(draft)
        draft.rename(place)
        _flush_to_disk(self.root)

    def get(self, checkpoint_id: str, kind: CheckpointKind | None = None) -> Checkpoint:
        """Return a published checkpoint by its id, fetched from the mirror where it is not here yet.

        Raises CheckpointBroken when it is missing, not whole or of another kind.
        """
        place = self.root / checkpoint_id
        if self.mirror is not None and not place.exists():
            self.root.mkdir(parents=True, exist_ok=True)
            if self.mirror.pull(checkpoint_id, place):
                verify_checkpoint(place, kind)
        checkpoint = read_checkpoint(place, kind)
        if checkpoint.checkpoint_id != checkpoint_id:
            raise CheckpointBroken(
                f"{checkpoint.path} holds checkpoint {checkpoint.checkpoint_id}",
                hint="checkpoint directories must not be renamed",
            )
        return checkpoint

    def ids(self, kind: str) -> list[str]:
        """Return the ids of all published checkpoints of a kind, here or in the mirror, sorted."""
        here = {path.parent.name for path in self.root.glob(f"{kind}-*/{MANIFEST}")}
        return sorted(here | set(self.mirror.ids(kind) if self.mirror else ()))


def read_checkpoint(path: Path, kind: CheckpointKind | None = None) -> Checkpoint:
    """Return the checkpoint in a directory, which must have its manifest and every file named there.

    Raises CheckpointBroken otherwise, or when it is not of the wanted kind.
    """
    manifest = _read_manifest(path)
    if kind is not None and manifest.kind != kind:
        raise CheckpointBroken(f"{path} is a {manifest.kind} checkpoint, not a {kind}", hint=f"name a {kind}-... directory")
    missing = [name for name in manifest.files if not (path / name).is_file()]
    if missing:
        raise CheckpointBroken(f"{path} lacks {', '.join(missing)}", hint="copy the whole directory again")
    return Checkpoint(manifest.checkpoint_id, manifest.kind, path, manifest.lineage, manifest.files)


def verify_checkpoint(path: Path, kind: CheckpointKind | None = None) -> Checkpoint:
    """Return the checkpoint in a directory after hashing all its files. Raises CheckpointBroken when one has changed."""
    checkpoint = read_checkpoint(path, kind)
    changed = [name for name, digest in checkpoint.files.items() if _sha256(path / name) != digest]
    if changed:
        raise CheckpointBroken(f"{path}: {', '.join(changed)} changed after publication", hint="copy the directory again")
    if _checkpoint_id(checkpoint.kind, checkpoint.files) != checkpoint.checkpoint_id:
        raise CheckpointBroken(f"{path}: {MANIFEST} does not match its own id", hint="copy the directory again")
    return checkpoint


def require_model_files(path: Path) -> None:
    """Raise CheckpointBroken unless the directory holds weights and a config that can be read."""
    if not path.is_dir():
        raise CheckpointBroken(f"no checkpoint directory at {path}", hint="check the path")
    if (path / SERVED_FILE).is_file():
        return
    if not list(path.glob(f"*{WEIGHTS_SUFFIX}")):
        raise CheckpointBroken(f"{path} holds no weights (*{WEIGHTS_SUFFIX})", hint="name a directory that holds a whole model")
    if not (path / "config.json").is_file():
        raise CheckpointBroken(f"{path} holds no config.json", hint="name a directory that holds a whole model")


def _read_manifest(path: Path) -> _Manifest:
    require_model_files(path)
    try:
        text = (path / MANIFEST).read_text()
    except FileNotFoundError as error:
        raise CheckpointBroken(f"{path} has no {MANIFEST}", hint="only published checkpoints can be used") from error
    try:
        return _Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise CheckpointBroken(
            f"{path / MANIFEST} cannot be read: {first['msg']}", hint="the file is torn or edited; copy the directory again"
        ) from error


def _hashes_of_model_files(staged: Path) -> dict[str, str]:
    if not staged.is_dir():
        raise CheckpointBroken(f"no directory at {staged}", hint="training must save the model before it is published")
    names = sorted(
        entry.name
        for entry in staged.iterdir()
        if entry.is_file() and entry.suffix in _MODEL_SUFFIXES and entry.name not in _TRAINER_FILES
    )
    if not any(name.endswith((WEIGHTS_SUFFIX, SERVED_FILE)) for name in names):
        raise CheckpointBroken(f"{staged} holds no weights (*{WEIGHTS_SUFFIX})", hint="save the model there first")
    return {name: _sha256(staged / name) for name in names}


def _checkpoint_id(kind: CheckpointKind, files: dict[str, str]) -> str:
    content = json.dumps([kind, sorted(files.items())])
    return f"{kind}-{hashlib.sha256(content.encode()).hexdigest()[:_ID_DIGITS]}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _flush_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
