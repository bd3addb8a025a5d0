"""Checkpoints in a bucket: what one machine trained, another one serves."""

import shutil
from pathlib import Path

import pytest

from models.checkpoints.mirror import CheckpointMirror, mirror_of
from models.checkpoints.store import MANIFEST, CheckpointBroken, CheckpointStore, Lineage
from tests.servers import BUCKET, S3Server
from warehouse.errors import BadInput

LINEAGE = Lineage(parent_id=None, round=1, snapshot_id=None, fingerprint="f", code_version="0.1.0", metrics={})


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    directory = tmp_path / "staged"
    directory.mkdir()
    (directory / "model.safetensors").write_bytes(b"weights")
    (directory / "config.json").write_text("{}")
    return directory


def test_another_machine_fetches_what_it_lacks(tmp_path: Path, bucket: str, staged: Path) -> None:
    here = CheckpointStore(tmp_path / "here", CheckpointMirror(f"{bucket}/checkpoints"))
    there = CheckpointStore(tmp_path / "there", CheckpointMirror(f"{bucket}/checkpoints"))
    published = here.publish("policy", staged, LINEAGE)
    assert here.uri(published) == there.uri(published) == f"{bucket}/checkpoints/{published.checkpoint_id}"
    assert there.ids("policy") == [published.checkpoint_id]
    assert there.ids("ppm") == []

    found = there.get(published.checkpoint_id, "policy")

    assert (found.path / "model.safetensors").read_bytes() == b"weights"
    assert found.lineage == LINEAGE
    with pytest.raises(CheckpointBroken):
        there.get("policy-000000000000")


def test_a_copy_that_was_cut_off_is_not_a_checkpoint(tmp_path: Path, bucket: str, staged: Path, s3: S3Server) -> None:
    mirror = CheckpointMirror(f"{bucket}/checkpoints")
    here = CheckpointStore(tmp_path / "here", mirror)
    published = here.publish("policy", staged, LINEAGE)
    key = f"{mirror.uri(published.checkpoint_id).removeprefix(f's3://{BUCKET}/')}/{MANIFEST}"
    s3.client().delete_object(Bucket=BUCKET, Key=key)
    assert mirror.ids("policy") == []
    shutil.rmtree(tmp_path / "here")
    with pytest.raises(CheckpointBroken):
        here.get(published.checkpoint_id)
    here.publish("policy", staged, LINEAGE)
    assert mirror.holds(published.checkpoint_id)


def test_a_mirror_is_a_bucket() -> None:
    assert mirror_of("") is None
    with pytest.raises(BadInput, match="s3://"):
        mirror_of("/some/directory")
