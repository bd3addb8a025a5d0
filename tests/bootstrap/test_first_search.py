"""A model that nobody taught, from a GGUF file, searches a shard on the real machinery and leaves trees like any other."""

from pathlib import Path

import pytest
from rich.console import Console

from flows.data.bases import base_checkpoint
from flows.display.progress.lines import LineDisplay
from flows.home.plans import plan_of, site_of
from flows.settings import load
from tasks.bootstrap.worked_examples import worked_examples
from tasks.rollout import rollout
from tasks.runtime.plan import Shard
from tasks.runtime.progress import Silence
from tasks.runtime.resources import opened
from tasks.search.format import prompt
from tasks.search.seeds import tree_id
from tests.models.real_shapes import write_gguf, write_model
from tests.warehouse.trees import batch
from warehouse.places.location import Location
from warehouse.records import Problem
from warehouse.rounds.line import Turn

STATEMENT = "What is 1 + 2?"
SMALL = (
    "engine.kind=transformers",
    "engine.n_processes=0",
    "engine.max_model_len=4096",
    "search.max_step_tokens=16",
    "search.temperature=1.0",
    "rounds.1.search.n_rollouts=2",
    "rounds.1.search.n_candidates=3",
)


@pytest.mark.integration
@pytest.mark.parametrize("shape", ["qwen2", "llama"])
def test_trees_of_an_untaught_model_hold_no_worked_example(tmp_path: Path, shape: str) -> None:
    write_gguf(write_model(tmp_path / shape, shape), tmp_path / "model.gguf")
    settings = load(overrides=[*SMALL, f"run.base={tmp_path / 'model.gguf'}"])
    site = site_of(settings, Location(tmp_path / "home"))
    plan = plan_of(settings, site, Turn(1), "test")
    console = Console(quiet=True)
    with opened(plan.site, Silence()) as resources:
        resources.lake.ingest(batch(0, "ingest"), [Problem("p1", STATEMENT, "3", "toy", 1, "train")], [])
        display = LineDisplay(console, console, clock=lambda: 0.0)
        base_id = base_checkpoint(settings, plan_of(settings, site, Turn(0), "test"), resources, display)
        report = rollout.fn(plan, Shard(name="000", start=0, stop=1), base_id, None)
        nodes = resources.lake.nodes(tree_id(plan.run_seed, 1, "p1", 0))
    assert report is not None
    assert report.n_tokens > 0
    assert len(nodes) == report.n_nodes > 1
    assert nodes[0].text == prompt(STATEMENT)
    text = "".join(node.text for node in nodes)
    assert not any(example.statement in text for example in worked_examples("word-problems"))
