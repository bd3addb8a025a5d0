"""A home keeps the base that it began with."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

import flows.data.bases as module
from flows.data.bases import base_checkpoint
from flows.display.progress.lines import LineDisplay
from flows.home.plans import plan_of, site_of
from flows.settings import load
from models.catalogue.card import ModelCard
from tasks.runtime.progress import Silence
from tasks.runtime.resources import Resources
from warehouse.errors import BadInput
from warehouse.places.location import Location
from warehouse.rounds.line import Turn


@pytest.fixture
def resources(tmp_path: Path) -> Iterator[Resources]:
    found = Resources(plan_of(load(), site_of(load(), Location(tmp_path / "home")), Turn(0), "test").site, Silence())
    yield found
    found.lake.close()


def model(directory: Path, weights: bytes) -> Path:
    """Return the directory, which now holds a model of these weights."""
    directory.mkdir(exist_ok=True)
    (directory / "config.json").write_text("{}")
    (directory / "model.safetensors").write_bytes(weights)
    return directory


def base(resources: Resources, override: str) -> str:
    settings = load(overrides=[f"run.base={override}"])
    plan = plan_of(settings, resources.site, Turn(0), "test")
    console = Console(file=io.StringIO())
    return base_checkpoint(settings, plan, resources, LineDisplay(console, console, clock=lambda: 0.0))


def test_a_home_goes_on_with_its_base_where_the_shipped_one_is_another_by_now(
    resources: Resources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BASE", model(tmp_path / "shipped", b"old"))
    first = base(resources, "tiny")
    monkeypatch.setattr(module, "BASE", model(tmp_path / "shipped", b"new"))
    assert base(resources, "tiny") == first
    assert resources.lake.query("select checkpoint_id from checkpoints")["checkpoint_id"].to_list() == [first]


def test_a_base_directory_that_holds_another_model_by_now_is_refused(resources: Resources, tmp_path: Path) -> None:
    directory = model(tmp_path / "mine", b"old")
    first = base(resources, str(directory))
    assert base(resources, str(directory)) == first
    model(directory, b"new")
    with pytest.raises(BadInput, match=first) as refused:
        base(resources, str(directory))
    assert "another --home" in (refused.value.hint or "")


def test_the_manifest_of_a_base_from_a_hub_names_the_commit(
    resources: Resources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = ModelCard.model_construct(source="owner/name@main", revision="c0ffee")
    monkeypatch.setattr(module.Catalogue, "found", lambda *_: (model(tmp_path / "theirs", b"x"), card))
    checkpoint_id = base(resources, "theirs")
    assert resources.checkpoints.get(checkpoint_id, "base").lineage.origin == "owner/name@c0ffee"
