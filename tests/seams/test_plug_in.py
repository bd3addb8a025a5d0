"""A domain, an engine and an aggregation that the product has never heard of go through a whole round."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name

import pytest

from flows.settings import load
from models.engines.registry import KINDS
from models.training.ppm_data import HELD_OUT_SHARE
from models.training.tree_packing import is_held_out
from tasks.domains.registry import DOMAINS
from tasks.problems.identity import problem_id
from tests.integration.small_evolution import home_with_server
from tests.seams.toys import SUMMANDS
from warehouse.errors import BadInput
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

ROOT = Path(__file__).parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
SETTINGS = (
    'problems.domain="roman-sums"',
    'engine.kind="toy"',
    'evaluation.aggregation="median"',
    "run.n_rounds=1",
    "problems.train_per_level=[2,0,0,0,0]",
    "problems.validation_per_level=[1,0,0,0,0]",
    "problems.test_per_level=[1,0,0,0,0]",
    "engine.n_processes=1",
    "rounds.1.search.n_rollouts=6",
    "sft.n_epochs=1",
    "ppm.n_epochs=1",
    "evaluation.ks=[2]",
    "gates.min_sft_examples=1",
    "gates.min_preference_pairs=1",
    "gates.min_ppm_pair_accuracy=0.0",
    "gates.pass_1_tolerance=1.0",
)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("problems.domain=roman-sums", "problems.domain = 'roman-sums' .*: must be one of 'mathematics', 'programs' or"),
        ("engine.kind=toy", "engine.kind = 'toy' .*: must be one of 'vllm', 'vllm-async', 'http' or 'transformers'"),
        (
            "evaluation.aggregation=median",
            "evaluation.aggregation = 'median' .*: must be one of 'mean', 'min', 'last' or 'product'",
        ),
    ],
)
def test_a_name_that_is_not_registered_is_refused_with_those_that_are(override: str, expected: str) -> None:
    with pytest.raises(BadInput, match=expected):
        load(overrides=[override])


@pytest.mark.parametrize("kind", KINDS)
def test_the_opener_of_a_kind_is_there(kind: str) -> None:
    assert callable(resolve_name(KINDS[kind].opener))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """The lake of a round of two problems."""
    names = [problem_id(" plus ".join(map(str, summands))) for summands in SUMMANDS["train"]]
    assert sum(is_held_out(name, HELD_OUT_SHARE) for name in names) == 1, (
        "the PPM is measured on one problem and trained on the other"
    )
    with home_with_server(tmp_path_factory.mktemp("toys") / "home") as home:
        command = [sys.executable, "-m", "tests.seams.toys", "evolve", "--home", str(home)]
        command += [word for setting in SETTINGS for word in ("--set", setting)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, cwd=ROOT, env=ENVIRONMENT)
        assert ended.returncode == 0, ended.stderr[-3000:]
        with Warehouse.open(home, WarehouseSettings(), read_only=True) as lake:
            yield lake


@pytest.mark.integration
def test_a_round_of_plugged_in_things_is_promoted(lake: Warehouse) -> None:
    row = lake.round_row(1)
    assert row is not None
    assert row.status == "promoted"


@pytest.mark.integration
def test_problems_prompts_verdicts_and_luck_are_those_of_the_domain(lake: Warehouse) -> None:
    assert {(one.statement, one.answer) for one in lake.problems("train")} == {
        ("2 plus 3 plus 4", "IX"),
        ("3 plus 6 plus 9", "XVIII"),
    }
    assert lake.query("select distinct source, licence from sources").rows() == [("carved", "CC0-1.0")]
    roots = lake.query("select distinct text from nodes where parent_id is null order by text")["text"].to_list()
    assert roots == ["Sum: 2 plus 3 plus 4\n<code>", "Sum: 3 plus 6 plus 9\n<code>"]
    graded = lake.query("select distinct grading_method, verdict from nodes where verdict is not null order by verdict").rows()
    assert graded == [("roman 1", "correct"), ("roman 1", "wrong")]
    luck = lake.query("select distinct verification, is_lucky from verifications where is_lucky is not null")
    assert luck.rows() == [("verified", False)]


@pytest.mark.integration
def test_the_aggregation_scores_answers_and_is_compared_with_the_others(lake: Warehouse) -> None:
    scored = lake.query("select step_scores, ppm_score from evaluation_answers where ppm_score is not null")
    assert len(scored) > 0
    assert all(score == sorted(steps)[1] for steps, score in scored.rows() if len(steps) == 3)
    metrics = lake.query("select distinct metric from evaluations where starts_with(metric, 'best_by_')")["metric"].to_list()
    assert set(metrics) == {f"best_by_{name}_of_2" for name in ("mean", "min", "last", "product", "median")}


def test_the_product_knows_none_of_them() -> None:
    assert not {"toy", "roman-sums"} & {*KINDS, *DOMAINS}
