"""Virtual problems are made once, and where they come from is recorded, whenever a run is ended."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from flows.data.problem_source import ensure_problems
from flows.display.progress.lines import LineDisplay
from flows.home.plans import plan_of, site_of
from flows.settings import load
from tasks.runtime.progress import Silence
from tasks.runtime.resources import Resources
from warehouse.places.location import Location
from warehouse.rounds.line import Turn
from warehouse.store.lake import Warehouse

SETTINGS = load(
    overrides=[
        "problems.train_per_level=[4,0,0,0,0]",
        "problems.validation_per_level=[3,0,0,0,0]",
        "problems.test_per_level=[2,0,0,0,0]",
    ],
)
SOURCES = "select source, split, licence, n_problems from sources order by split"


@pytest.fixture
def resources(tmp_path: Path) -> Iterator[Resources]:
    found = Resources(plan_of(SETTINGS, site_of(SETTINGS, Location(tmp_path / "home")), Turn(0), "test").site, Silence())
    yield found
    found.lake.close()


def ensure(resources: Resources) -> None:
    console = Console(file=io.StringIO())
    plan = plan_of(SETTINGS, resources.site, Turn(0), "test")
    ensure_problems(SETTINGS, plan, resources, LineDisplay(console, console, clock=lambda: 0.0))


def test_a_run_that_was_ended_before_the_sources_records_what_the_lake_holds(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Warehouse, "commit", killed)
        ensure(resources)
    problems = resources.lake.problems("train")
    # By now the same seeds would give others.
    monkeypatch.setattr(type(resources.domain), "generate", killed)
    for _ in range(2):
        ensure(resources)
    assert resources.lake.problems("train") == problems
    rows = resources.lake.query(SOURCES).rows()
    assert rows == [("virtual", "test", "MIT", 2), ("virtual", "train", "MIT", 4), ("virtual", "validation", "MIT", 3)]
