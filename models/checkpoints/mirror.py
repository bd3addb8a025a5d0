"""Checkpoints in a bucket, so that every machine of a cluster finds what one of them trained."""

import shutil
from pathlib import Path
from typing import Final

from warehouse.errors import BadInput
from warehouse.places.objects import download, object_uri, sizes_below, upload

MANIFEST: Final = "manifest.json"


class CheckpointMirror:
    """A prefix of S3 with one folder per checkpoint. A folder with a manifest is whole: the manifest is written last."""

    def __init__(self, uri: str) -> None:
        self._uri = uri.rstrip("/")

    def uri(self, checkpoint_id: str) -> str:
        """Return the address of a checkpoint in the bucket."""
        return f"{self._uri}/{checkpoint_id}"

    def holds(self, checkpoint_id: str) -> bool:
        """Return whether the whole checkpoint is there."""
        return MANIFEST in sizes_below(self.uri(checkpoint_id))

    def push(self, directory: Path) -> None:
        """Copy a published checkpoint there, unless it is there already."""
        if not self.holds(directory.name):
            upload(directory, self.uri(directory.name), last=MANIFEST)

    def pull(self, checkpoint_id: str, place: Path) -> bool:
        """Copy a checkpoint from there to a directory that does not exist yet. Return whether it is there at all."""
        if not self.holds(checkpoint_id):
            return False
        draft = place.with_name(f".{place.name}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        download(self.uri(checkpoint_id), draft)
        draft.rename(place)
        return True

    def ids(self, kind: str) -> list[str]:
        """Return the ids of the whole checkpoints of a kind."""
        names = (Path(name) for name in sizes_below(self._uri))
        return sorted(name.parts[0] for name in names if name.name == MANIFEST and name.parts[0].startswith(f"{kind}-"))


def mirror_of(uri: str) -> CheckpointMirror | None:
    """Return the mirror at an address, None for an empty one. Raises BadInput for what is not on S3."""
    if not uri:
        return None
    if object_uri(uri) is None:
        raise BadInput(f"checkpoints are mirrored to s3://..., not to {uri}", hint="correct warehouse.data")
    return CheckpointMirror(uri)
