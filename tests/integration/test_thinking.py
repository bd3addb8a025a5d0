"""What people do with a finished home: evaluate, solve and ablate, with a real engine and the real trainers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import Undisturbed
from tests.integration.small_evolution import SMALL
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

pytestmark = pytest.mark.integration

THINKING = (
    # It starts soonest. The evolution has measured, searched and trained with vLLM.
    "engine.kind=transformers",
    "evaluation.n_search_rollouts=3",
    "evaluation.n_search_candidates=3",
    "evaluation.n_beams=2",
)


@pytest.fixture(scope="module")
def home(undisturbed: Undisturbed) -> Path:
    return undisturbed.home


def stargrove(home: Path, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("stargrove")), *arguments, "--home", str(home)]
    for setting in (*SMALL, *THINKING):
        command += ["--set", setting]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def shares(home: Path) -> dict[str, object]:
    """When each share of a measurement was committed."""
    with Warehouse.open(home, WarehouseSettings(), read_only=True) as lake:
        sql = "select shard, committed_at::varchar from batches where stage = 'measure' and shard not like '%summary'"
        return dict(lake.query(sql).rows())


def test_evaluate_measures_what_is_missing_and_shows_the_rest(home: Path, tmp_path: Path) -> None:
    benchmark = tmp_path / "coins.jsonl"
    rows = [
        {"problem": "Ana has 7 coins. Ben has 5 more coins than Ana. How many coins does Ben have?", "answer": "12"},
        {"problem": "Ana has 9 coins. Ben has 4 fewer coins than Ana. How many coins does Ben have?", "answer": "5"},
    ]
    benchmark.write_text("\n".join(map(json.dumps, rows)))
    table = stargrove(home, "evaluate", str(benchmark), "--methods", "greedy,sample")
    assert "coins: 2 problems" in table
    before = shares(home)
    table = stargrove(home, "evaluate", str(benchmark))
    for label in ("greedy pass@1", "maj@3", "maj@3 weighted by PPM", "best-of-3 by PPM", "pass@3", "beam search", "MCTS"):
        assert label in table
    after = shares(home)
    assert before.items() <= after.items(), "what was measured is not measured again"
    assert after.keys() - before.keys() == {"coins beam 000", "coins mcts 000"}
    with Warehouse.open(home, WarehouseSettings(), read_only=True) as lake:
        answered = """select method, count(distinct problem_id) as n_problems
            from problem_metrics inner join benchmark_problems using (problem_id) group by method order by method"""
        assert lake.query(answered).rows() == [("beam", 2), ("greedy", 2), ("mcts", 2), ("sample", 2)]
        learnable = "select count(*) from trajectories inner join benchmark_problems using (problem_id)"
        assert lake.query(learnable).item() == 0, "test problems must not come near training"


@pytest.mark.parametrize(
    "method", ["greedy", "mcts", *(pytest.param(one, marks=pytest.mark.soak) for one in ("sample", "beam"))]
)
def test_solve_answers_by_every_method(home: Path, method: str) -> None:
    problem = "Ana has 7 coins. Ben has 5 more coins than Ana. How many coins does Ben have?"
    shown = stargrove(home, "solve", problem, "--method", method)
    assert "answer  " in shown


VARIANTS = {
    "sft-data": ("unverified", "rejection", "verified"),
    "ppm-loss": ("orm", "pqm", "ppm"),
    "q-source": ("terminal", "ppm"),
}


@pytest.mark.parametrize("questions", [("ppm-loss",), pytest.param(tuple(VARIANTS), marks=pytest.mark.soak)], ids=len)
def test_ablate_fills_one_table_and_changes_no_round(home: Path, questions: tuple[str, ...]) -> None:
    with Warehouse.open(home, WarehouseSettings(), read_only=True) as lake:
        before = lake.query("select * from sft_examples order by all").rows()
    table = stargrove(home, "ablate", "--searched", "4", "--questions", ",".join(questions))
    wanted = [(question, variant) for question in questions for variant in VARIANTS[question]]
    assert all(variant in table for _, variant in wanted)
    with Warehouse.open(home, WarehouseSettings(), read_only=True) as lake:
        assert lake.query("select * from sft_examples order by all").rows() == before
        found = lake.query("select distinct question, variant from ablations")
        assert set(found.rows()) == set(wanted)
        current = lake.query("select kind from checkpoints where status = 'current' order by kind")
        assert current["kind"].to_list() == ["base", "policy", "ppm"]
        assert lake.query("select count(*) from checkpoints where status = 'ablation'").item() >= 2
