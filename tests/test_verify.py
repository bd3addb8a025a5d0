"""The verify and annotate tasks on fake machinery: ranges of problems, and a death between two of them."""

import random
from functools import partialmethod
from pathlib import Path

import polars as pl
import pytest

from flows.home.plans import plan_of, site_of
from flows.settings.layers import load
from tasks import verify as verify_module
from tasks.annotate import annotate
from tasks.domains.mathematics.domain import Mathematics
from tasks.rollout import rollout
from tasks.runtime import resources as module
from tasks.runtime.plan import RoundPlan, Shard
from tasks.runtime.progress import Silence
from tasks.runtime.resources import Resources, opened
from tasks.verify import VerifyReport, measure_luck, verify
from tests.search.fakes import FakeEngine, FakeGrader
from tests.test_resources import Place
from tests.test_rollout import STATEMENTS, Isolated
from tests.warehouse.trees import batch
from warehouse.places.location import Location
from warehouse.records import Problem
from warehouse.rounds.line import Turn
from warehouse.store.lake import Warehouse

pytestmark = pytest.mark.usefixtures("new_lakes_are_copies")

ROWS = {
    "trajectories": "order by trajectory_id",
    "verifications": "order by trajectory_id",
    "sft_examples": "order by problem_id, rank",
    "preference_pairs": "order by problem_id, kind, chosen_tree_id, chosen_node_id, rejected_tree_id, rejected_node_id",
}


class Death(Exception):
    """Stands for a process that ends."""


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RoundPlan:
    rng = random.Random(0)
    monkeypatch.setattr(module, "open_engine", lambda *_: FakeEngine(rng))
    monkeypatch.setattr(module, "open_sandbox", lambda settings: Isolated(rng))
    monkeypatch.setattr(Mathematics, "open_grader", lambda self, settings, sandbox: FakeGrader())
    monkeypatch.setattr(Resources, "kv_capacity", lambda self, policy_id: None)
    settings = load("tiny-cpu", overrides=["search.window=4", "rounds.1.search.n_rollouts=6"])
    return plan_of(settings, site_of(settings, Location(tmp_path / "home")), Turn(1), "test")


def searched(resources: Resources, plan: RoundPlan) -> Warehouse:
    resources.checkpoints = Place()  # type: ignore[assignment]
    problems = [Problem(f"p{n:02d}", s, answer, "toy", 1, "train") for n, (s, answer) in enumerate(STATEMENTS)]
    resources.lake.ingest(batch(0, "ingest"), problems, [])
    rollout.fn(plan, Shard(name="000", start=0, stop=len(problems)), "policy", None)
    return resources.lake


def verified(plan: RoundPlan) -> VerifyReport:
    report = verify.fn(plan, "policy")
    assert report is not None
    return report


def annotated(lake: Warehouse, plan: RoundPlan) -> dict[str, pl.DataFrame]:
    annotate.fn(plan)
    return {table: lake.query(f"select * exclude (batch_id) from {table} {order}") for table, order in ROWS.items()}


def committed_shards(lake: Warehouse, stage: str) -> set[str]:
    return set(lake.query("select shard from batches where stage = $stage", stage=stage)["shard"])


def test_ranges_give_the_rows_of_the_whole_round_also_after_a_death_between_two(
    plan: RoundPlan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with opened(plan.site, Silence()) as resources:
        lake = searched(resources, plan)
        whole_report = verified(plan)
        whole = annotated(lake, plan)
    assert whole_report.n_verified > 0
    assert all(frame.height > 0 for frame in whole.values())

    elsewhere = plan.model_copy(update={"site": plan.site.model_copy(update={"location": Location(tmp_path / "other")})})
    monkeypatch.setattr(Warehouse, "problem_ranges", partialmethod(Warehouse.problem_ranges, 5))
    n_measured = 0

    def dying(*arguments: object) -> object:
        nonlocal n_measured
        n_measured += 1
        if n_measured == 2:
            raise Death
        return measure_luck(*arguments)  # type: ignore[arg-type]

    with opened(elsewhere.site, Silence()) as resources:
        lake = searched(resources, elsewhere)
        monkeypatch.setattr(verify_module, "measure_luck", dying)
        with pytest.raises(Death):
            verify.fn(elsewhere, "policy")
        assert committed_shards(lake, "verify") == {"000"}
        assert verified(elsewhere) == whole_report
        assert n_measured == 4, "the first range is not verified again, the second and the third are"
        assert verify.fn(elsewhere, "policy") is None
        for table, frame in annotated(lake, elsewhere).items():
            assert frame.equals(whole[table]), table
        assert committed_shards(lake, "annotate-pairs") == {"000", "001", "002"}
