"""The rollout task on fake machinery: what its shards commit when they share it."""

import itertools
import random
import threading
from pathlib import Path

import pytest

from flows.home.plans import plan_of, site_of
from flows.settings.layers import load
from tasks.domains.mathematics.domain import Mathematics
from tasks.rollout import RolloutReport, rollout
from tasks.runtime import resources as module
from tasks.runtime.plan import RoundPlan, shards
from tasks.runtime.progress import Silence
from tasks.runtime.resources import Resources, opened
from tasks.sandbox.isolation import Isolation
from tasks.search.seeds import tree_id
from tests.search.fakes import FakeEngine, FakeGrader, FakeSandbox, toy_problem
from tests.test_resources import Place
from tests.warehouse.trees import batch
from warehouse.places.location import Location
from warehouse.records import Problem
from warehouse.rounds.line import Turn

pytestmark = pytest.mark.usefixtures("new_lakes_are_copies")

STATEMENTS = [toy_problem([number, 2, 3]) for number in range(12)]


class Isolated(FakeSandbox):
    isolation = Isolation("landlock", "", snapshots=True)


@pytest.fixture
def plan(tmp_path: Path) -> RoundPlan:
    settings = load("tiny-cpu", overrides=["search.window=4", "rounds.1.search.n_rollouts=6"])
    return plan_of(settings, site_of(settings, Location(tmp_path / "home")), Turn(1), "test")


def run(plan: RoundPlan, monkeypatch: pytest.MonkeyPatch, *, together: bool) -> tuple[list[RolloutReport | None], list[object]]:
    """Search in three shards, one after another or in threads, and return their reports and all rows."""
    rng = random.Random(0)
    monkeypatch.setattr(module, "open_engine", lambda *_: FakeEngine(rng))
    monkeypatch.setattr(module, "open_sandbox", lambda settings: Isolated(rng))
    monkeypatch.setattr(Mathematics, "open_grader", lambda self, settings, sandbox: FakeGrader())
    monkeypatch.setattr(Resources, "kv_capacity", lambda self, policy_id: None)
    with opened(plan.site, Silence()) as resources:
        resources.checkpoints = Place()  # type: ignore[assignment]
        if not resources.lake.problems("train"):
            problems = [Problem(f"p{n:02d}", s, answer, "toy", 1, "train") for n, (s, answer) in enumerate(STATEMENTS)]
            resources.lake.ingest(batch(0, "ingest"), problems, [])
        parts = shards(len(STATEMENTS), 4)
        reports: list[RolloutReport | None] = [None] * len(parts)

        def one(number: int) -> None:
            reports[number] = rollout.fn(plan, parts[number], "policy", None)

        threads = [threading.Thread(target=one, args=(number,)) for number in range(len(parts))]
        for thread in threads:
            thread.start()
            if not together:
                thread.join()
        for thread in threads:
            thread.join()
        ids = [tree_id(plan.run_seed, 1, f"p{n:02d}", 0) for n in range(len(STATEMENTS))]
        return reports, list(itertools.chain.from_iterable(resources.lake.nodes(one) for one in ids))


def test_shards_that_share_the_machinery_commit_the_rows_that_they_commit_alone(
    plan: RoundPlan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reports, rows = run(plan, monkeypatch, together=True)
    elsewhere = plan.model_copy(update={"site": plan.site.model_copy(update={"location": Location(tmp_path / "other")})})
    alone, expected = run(elsewhere, monkeypatch, together=False)
    assert rows == expected
    assert len(rows) > 100
    assert sum(report.n_nodes for report in reports if report) == len(rows)
    assert [report and report.n_solved for report in reports] == [report and report.n_solved for report in alone]
    assert not list((plan.site.home / "staging").iterdir())


def test_a_committed_shard_is_not_searched_again(plan: RoundPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    _, rows = run(plan, monkeypatch, together=True)
    again, same = run(plan, monkeypatch, together=True)
    assert again == [None, None, None]
    assert same == rows
