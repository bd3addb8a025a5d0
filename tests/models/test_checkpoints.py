import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from models.checkpoints.store import (
    MANIFEST,
    CheckpointBroken,
    CheckpointStore,
    CheckpointWriteError,
    Lineage,
    read_checkpoint,
    require_model_files,
    verify_checkpoint,
)

LINEAGE = Lineage(
    parent_id="base-000000000000", round=2, snapshot_id=7, fingerprint="f1", code_version="0.1.0", metrics={"loss": 0.25}
)


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    directory = tmp_path / "staged"
    directory.mkdir()
    (directory / "model.safetensors").write_bytes(b"weights")
    (directory / "config.json").write_text("{}")
    (directory / "tokenizer.json").write_text("{}")
    (directory / "trainer_state.json").write_text("{}")
    (directory / "optimizer.pt").write_bytes(b"momentum")
    return directory


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    return CheckpointStore(tmp_path / "checkpoints")


def test_a_published_checkpoint_is_read_back_with_its_lineage(store: CheckpointStore, staged: Path) -> None:
    published = store.publish("policy", staged, LINEAGE)
    assert store.get(published.checkpoint_id, "policy") == published
    assert published.lineage == LINEAGE
    assert published.checkpoint_id.startswith("policy-")
    assert published.uri == published.path.as_uri()


def test_only_the_model_is_published_not_the_trainer_s_state(store: CheckpointStore, staged: Path) -> None:
    published = store.publish("policy", staged, LINEAGE)
    names = {path.name for path in published.path.iterdir()}
    assert names == {"model.safetensors", "config.json", "tokenizer.json", MANIFEST}


def test_the_same_content_has_the_same_id_and_is_written_once(store: CheckpointStore, staged: Path, tmp_path: Path) -> None:
    first = store.publish("policy", staged, LINEAGE)
    written_at = (first.path / MANIFEST).stat().st_mtime_ns
    again = store.publish("policy", staged, replace(LINEAGE, round=3))
    assert again == first
    assert (first.path / MANIFEST).stat().st_mtime_ns == written_at
    assert CheckpointStore(tmp_path / "elsewhere").publish("policy", staged, LINEAGE).checkpoint_id == first.checkpoint_id


def test_other_weights_or_another_kind_have_another_id(store: CheckpointStore, staged: Path) -> None:
    policy = store.publish("policy", staged, LINEAGE)
    ppm = store.publish("ppm", staged, LINEAGE)
    (staged / "model.safetensors").write_bytes(b"other weights")
    later = store.publish("policy", staged, LINEAGE)
    assert len({policy.checkpoint_id[-12:], ppm.checkpoint_id[-12:], later.checkpoint_id[-12:]}) == 3
    assert store.ids("policy") == sorted([policy.checkpoint_id, later.checkpoint_id])
    assert store.ids("base") == []


def test_what_a_killed_publication_left_is_replaced(store: CheckpointStore, staged: Path, tmp_path: Path) -> None:
    checkpoint_id = CheckpointStore(tmp_path / "elsewhere").publish("policy", staged, LINEAGE).checkpoint_id
    draft = store.root / f".{checkpoint_id}.draft"
    draft.mkdir(parents=True)
    (draft / "model.safetensors").write_bytes(b"wei")
    assert store.ids("policy") == []
    assert store.publish("policy", staged, LINEAGE).checkpoint_id == checkpoint_id
    assert not draft.exists()


def test_a_checkpoint_moved_as_a_whole_is_still_whole(store: CheckpointStore, staged: Path, tmp_path: Path) -> None:
    published = store.publish("base", staged, LINEAGE)
    copy = shutil.copytree(published.path, tmp_path / "copy")
    assert verify_checkpoint(copy, "base").checkpoint_id == published.checkpoint_id


def test_publishing_without_weights_says_so(store: CheckpointStore, staged: Path) -> None:
    (staged / "model.safetensors").unlink()
    with pytest.raises(CheckpointBroken, match="holds no weights"):
        store.publish("policy", staged, LINEAGE)
    assert not store.root.exists()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: shutil.rmtree(path), "no checkpoint directory"),
        (lambda path: (path / "model.safetensors").unlink(), "holds no weights"),
        (lambda path: (path / "config.json").unlink(), r"holds no config\.json"),
        (lambda path: (path / "tokenizer.json").unlink(), r"lacks tokenizer\.json"),
        (lambda path: (path / MANIFEST).unlink(), r"has no manifest\.json"),
        (lambda path: (path / MANIFEST).write_text('{"kind": "poli'), "cannot be read"),
        (lambda path: (path / "model.safetensors").write_bytes(b"changed"), r"model\.safetensors changed"),
    ],
)
def test_a_damaged_checkpoint_is_refused_with_the_reason(store: CheckpointStore, staged: Path, damage, message) -> None:
    published = store.publish("policy", staged, LINEAGE)
    damage(published.path)
    with pytest.raises(CheckpointBroken, match=message):
        verify_checkpoint(published.path)


def test_a_manifest_edited_to_fit_changed_weights_is_refused(store: CheckpointStore, staged: Path) -> None:
    published = store.publish("policy", staged, LINEAGE)
    manifest = json.loads((published.path / MANIFEST).read_text())
    del manifest["files"]["tokenizer.json"]
    (published.path / MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(CheckpointBroken, match="does not match its own id"):
        verify_checkpoint(published.path)


def test_a_checkpoint_of_another_kind_is_refused(store: CheckpointStore, staged: Path) -> None:
    published = store.publish("policy", staged, LINEAGE)
    with pytest.raises(CheckpointBroken, match="is a policy checkpoint, not a ppm"):
        read_checkpoint(published.path, "ppm")


def test_a_renamed_checkpoint_is_refused(store: CheckpointStore, staged: Path) -> None:
    published = store.publish("policy", staged, LINEAGE)
    published.path.rename(store.root / "policy-aaaaaaaaaaaa")
    with pytest.raises(CheckpointBroken, match=f"holds checkpoint {published.checkpoint_id}"):
        store.get("policy-aaaaaaaaaaaa")


def test_a_full_disk_is_one_clear_error_and_leaves_nothing_under_the_name(
    store: CheckpointStore, staged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", no_space)
    with pytest.raises(CheckpointWriteError, match="No space left on device"):
        store.publish("policy", staged, LINEAGE)
    assert store.ids("policy") == []


def test_a_directory_that_is_no_checkpoint_can_still_be_a_model(staged: Path) -> None:
    require_model_files(staged)
    with pytest.raises(CheckpointBroken, match=r"has no manifest\.json"):
        read_checkpoint(staged)
