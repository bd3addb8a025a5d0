"""Properties of the gates: a whole round passes, and each thing that can be wrong is found, named and shown."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.warehouse.gate_lake import ROUND, SETTINGS, batch, change, restored, whole_round
from warehouse.errors import BadInput, WarehouseError
from warehouse.gates import suites
from warehouse.gates.expectations import EveryRow
from warehouse.gates.report import GateReport, gate_markdown
from warehouse.gates.rows import failing_rows
from warehouse.gates.run import run_gate
from warehouse.gates.settings import GateSettings
from warehouse.measured import GateResult
from warehouse.records import NearDuplicate, QuarantinedRow
from warehouse.store.lake import Warehouse


@pytest.fixture(scope="module")
def shared_lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with whole_round(tmp_path_factory.mktemp("home")) as lake:
        yield lake


@pytest.fixture
def lake(shared_lake: Warehouse) -> Iterator[Warehouse]:
    with restored(shared_lake) as lake:
        yield lake


def failed_claims(report: GateReport) -> list[str]:
    return [result.expectation for result in report.failed]


def shown_rows(lake: Warehouse, result: GateResult, round_number: int = ROUND) -> int:
    """How many rows are shown of what broke an expectation."""
    return failing_rows(lake, round_number, result, limit=1_000).n_rows


@pytest.mark.parametrize("gate", ["ingest", "training-data", "promotion"])
def test_a_whole_round_passes_every_gate(lake: Warehouse, gate: str) -> None:
    report = run_gate(gate, lake, ROUND, SETTINGS)
    assert failed_claims(report) == []
    assert report.passed and report.accepted


BROKEN_TOGETHER: dict[str, tuple[str, dict[str, int]]] = {
    "problems": (
        """
        update problems set problem_id = 'p0' where problem_id = 'p1';
        update problems set statement = ' ' where problem_id = 'p2';
        update problems set answer = '' where problem_id = 'p3';
        update problems set split = 'dev' where problem_id = 'p4';
        update problems set statement = 'WHAT is 7-7', split = 'train' where problem_id = 'v0';
        """,
        {
            "every problem is there once": 2,
            "statements are not empty": 1,
            "answers are not empty": 1,
            "splits are known": 1,
            "no training problem repeats a test problem": 1,
        },
    ),
    "trees": (
        """
        delete from batches where stage = 'rollout';
        update nodes set problem_id = 'p1' where tree_id = 't0' and node_id = 1;
        update nodes set parent_id = 2 where tree_id = 't1' and node_id = 0;
        insert into nodes select * from nodes where tree_id = 't2' and node_id = 1;
        delete from nodes where tree_id = 't3' and node_id = 1;
        """,
        {
            "every row belongs to a committed batch": 1,
            "a tree has one problem": 1,
            "a tree has one root": 1,
            "no node is there twice": 1,
            "no node is missing": 1,
            "trajectories fit their trees": 2,
            "both nodes of a pair continue one prefix": 2,
        },
    ),
    "nodes": (
        """
        update nodes set n_wrong = 9 where tree_id = 't0' and node_id = 1;
        update nodes set n_wrong = -1 where tree_id = 't1' and node_id = 1;
        update nodes set q_value = 1.5 where tree_id = 't1' and node_id = 1;
        update nodes set ppm_score = -1.5 where tree_id = 't2' and node_id = 1;
        update nodes set outcome = 'fine' where tree_id = 't2' and node_id > 0;
        update nodes set ending = 'done', verdict = 'right' where tree_id = 't3' and node_id = 1;
        """,
        {
            "n_visits >= n_correct + n_wrong >= 0": 2,
            "Q-values are in range": 1,
            "PPM scores are in range": 1,
            "outcomes are known": 2,
            "endings are known": 1,
            "verdicts are known": 1,
            "trajectories fit their trees": 1,
        },
    ),
    "examples": (
        """
        update problems set split = 'test' where problem_id = 'p0';
        insert into sft_examples select * from sft_examples where problem_id = 'p1';
        insert into sft_examples select * replace ('t1-0' as trajectory_id) from sft_examples where problem_id = 'p1' limit 1;
        delete from verifications where problem_id = 'p2';
        update trajectories set verdict = 'wrong' where problem_id = 'p3';
        update verifications set verification = 'replay_differs' where problem_id = 'p4';
        """,
        {
            "replays agree": 1,
            "trajectories fit their trees": 1,
            "SFT examples are of training problems": 1,
            "few SFT examples per problem": 3,
            "no trajectory is an SFT example twice": 2,
            "SFT examples are correct": 2,
            "SFT examples are verified": 3,
            "verified trajectories are correct": 1,
            "pairs are of training problems": 1,
        },
    ),
    "trajectories": (
        """
        insert into trajectories select * from trajectories where trajectory_id = 't0-1';
        update trajectories set mean_q = 1.5 where trajectory_id = 't1-1';
        update trajectories set node_ids = [0, 2], n_steps = 1 where trajectory_id = 't2-1';
        update trajectories set n_steps = 7 where trajectory_id = 't3-1';
        update trajectories set verdict = 'right' where trajectory_id = 't4-1';
        """,
        {
            "no trajectory is there twice": 2,
            "mean Q-values are in range": 1,
            "verdicts of trajectories are known": 1,
            "trajectories fit their trees": 3,
            "no trajectory is an SFT example twice": 2,
            "SFT examples are correct": 1,
            "verified trajectories are correct": 1,
        },
    ),
    "pairs": (
        """
        update preference_pairs set chosen_q = -1, kind = 'guess' where problem_id = 'p0';
        update preference_pairs set weight = 0 where problem_id = 'p1';
        update preference_pairs set weight = 1.01 where problem_id = 'p2';
        update preference_pairs set prefix_node_id = 1 where problem_id = 'p3';
        update preference_pairs set rejected_tree_id = 't2' where problem_id = 'p4';
        """,
        {
            "chosen_q > rejected_q": 1,
            "weights are in (0, 1]": 2,
            "both nodes of a pair continue one prefix": 2,
            "kinds of pairs are known": 1,
        },
    ),
}


@pytest.mark.parametrize("broken", BROKEN_TOGETHER)
def test_what_is_broken_is_counted_and_shown_and_nothing_else(lake: Warehouse, broken: str) -> None:
    sql, n_failing = BROKEN_TOGETHER[broken]
    change(lake, sql)
    report = run_gate("ingest" if broken == "problems" else "training-data", lake, ROUND, SETTINGS)
    assert {result.expectation: result.n_failing for result in report.failed} == n_failing
    assert not report.passed
    rules = {one.claim: one for one in (*suites.ingest(SETTINGS), *suites.training_data(SETTINGS))}
    for result in report.failed:
        about_rows = isinstance(rules[result.expectation], EveryRow)
        assert shown_rows(lake, result) == result.n_failing if about_rows else shown_rows(lake, result) > 0, result


def test_training_problems_that_nearly_repeat_others_are_counted_and_shown(lake: Warehouse) -> None:
    found = [NearDuplicate("p1", "p0", 0.9), NearDuplicate("p1", "x0", 0.85), NearDuplicate("p2", "v0", 1.0)]
    lake.commit(batch("near-duplicates", 0), {"near_duplicates": found})
    failed = run_gate("ingest", lake, 0, SETTINGS).failed
    assert [(result.column_name, result.observed) for result in failed] == [
        ("near_held_out_share", "0.4"),
        ("near_duplicate_share", "0.2"),
    ]
    assert [shown_rows(lake, result, 0) for result in failed] == [2, 1]


def test_a_metric_that_is_no_share_is_not_promoted(lake: Warehouse) -> None:
    change(lake, "update evaluations set value = 1.5, n_problems = 0 where metric = 'ppm_pair_accuracy'")
    failed = run_gate("promotion", lake, ROUND, SETTINGS).failed
    assert [result.expectation for result in failed] == ["metrics are shares", "metrics are over problems"]
    assert [shown_rows(lake, result) for result in failed] == [1, 1]


def test_other_rounds_are_not_looked_at(lake: Warehouse) -> None:
    change(lake, "insert into nodes select * replace (7.0 as q_value, 2 as round) from nodes")
    change(lake, "insert into preference_pairs select * replace (-9.0 as chosen_q, 2 as round) from preference_pairs")
    assert run_gate("training-data", lake, ROUND, SETTINGS).passed
    assert not run_gate("training-data", lake, 2, SETTINGS).passed


def test_a_round_in_which_nothing_is_solved_stops_with_that_reason(lake: Warehouse) -> None:
    for table in ("verifications", "sft_examples", "preference_pairs"):
        change(lake, f"delete from {table}")
    report = run_gate("training-data", lake, ROUND, SETTINGS)
    assert failed_claims(report) == ["enough SFT examples", "enough preference pairs"]
    assert str(report.refusal()) == (
        "training-data gate of round 1: enough SFT examples: observed 0, needed >= 4 (and 1 more of 29 expectations); "
        "see the rows with: stargrove gates --round 1 --rows"
    )


def test_an_unverified_control_may_train_on_what_is_wrong(lake: Warehouse) -> None:
    change(lake, "update trajectories set verdict = 'wrong'; delete from verifications")
    change(lake, "update nodes set verdict = 'wrong' where ending = 'answer'")
    control = SETTINGS.model_copy(update={"require_verified": False})
    assert run_gate("training-data", lake, ROUND, control).passed


def test_broken_rows_above_the_share_stop_ingestion_but_refused_test_problems_do_not(lake: Warehouse) -> None:
    refused = [QuarantinedRow("here", 0, "contaminated: shares 'what is' with test problem x0", "raw")] * 9
    lake.ingest(batch("ingest", 0, "2"), [], refused)
    (result,) = run_gate("ingest", lake, 0, SETTINGS).failed
    assert (result.column_name, result.observed) == ("contaminated_share", f"{9 / 14:.6g}")
    assert shown_rows(lake, result, 0) == 9
    lenient = SETTINGS.model_copy(update={"max_contaminated_share": 1.0})
    assert run_gate("ingest", lake, 0, lenient).passed
    lake.ingest(batch("ingest", 0, "3"), [], [QuarantinedRow("here", 3, "no answer", "{}")])
    (result,) = run_gate("ingest", lake, 0, lenient).failed
    assert (result.column_name, result.observed, result.needed) == ("quarantined_share", "0.111111", "<= 0.05")


@pytest.mark.parametrize(("value", "failed"), [(0.48, 0), (0.47, 1)])
def test_a_candidate_may_fall_by_the_tolerance_only(lake: Warehouse, value: float, failed: int) -> None:
    change(lake, f"update evaluations set value = {value} where metric = 'greedy_pass_1' and policy_id = 'new'")
    report = run_gate("promotion", lake, ROUND, SETTINGS)
    assert len(report.failed) == failed
    assert report.results[0].needed == ">= 0.48 (current 0.5, tolerance 0.02)"


def test_a_candidate_without_evaluation_is_not_promoted(lake: Warehouse) -> None:
    change(lake, "delete from evaluations where policy_id = 'new'")
    report = run_gate("promotion", lake, ROUND, SETTINGS)
    assert [result.observed for result in report.failed] == ["nothing", "nothing"]


def test_a_ppm_that_guesses_is_not_promoted(lake: Warehouse) -> None:
    change(lake, "update evaluations set value = 0.5 where metric = 'ppm_pair_accuracy'")
    assert failed_claims(run_gate("promotion", lake, ROUND, SETTINGS)) == ["the PPM orders held-out pairs rightly"]


def test_the_test_split_decides_nothing(lake: Warehouse) -> None:
    change(lake, "insert into evaluations select * replace ('test' as split, 0.0 as value) from evaluations")
    assert run_gate("promotion", lake, ROUND, SETTINGS).passed


def test_solved_problems_that_vanish_are_noticed_in_the_next_round(lake: Warehouse) -> None:
    report = run_gate("promotion", lake, ROUND, SETTINGS)
    lake.commit(batch("gate-promotion"), {"gate_results": report.results})
    change(lake, "update rounds set round = 2; delete from verifications where problem_id = 'p1'")
    failed = run_gate("promotion", lake, 2, SETTINGS).failed
    assert [(result.column_name, result.observed) for result in failed] == [("n_solved", "4")]


def test_an_override_is_recorded_in_the_results_it_concerns(lake: Warehouse) -> None:
    change(lake, "update evaluations set value = 0.5 where metric = 'ppm_pair_accuracy'")
    report = run_gate("promotion", lake, ROUND, SETTINGS, override_reason="the PPM is not used yet")
    assert report.accepted and not report.passed
    assert [result.override_reason for result in report.results] == [None, None, "the PPM is not used yet", None, None]
    assert "Overridden: the PPM is not used yet" in gate_markdown(report)


def test_an_override_without_words_or_an_unknown_gate_is_bad_input(lake: Warehouse) -> None:
    with pytest.raises(BadInput, match="without a reason"):
        run_gate("promotion", lake, ROUND, SETTINGS, override_reason="  ")
    with pytest.raises(BadInput, match="no gate is called 'quality'"):
        run_gate("quality", lake, ROUND, SETTINGS)


def test_a_lake_that_cannot_be_read_is_no_verdict(tmp_path: Path) -> None:
    with whole_round(tmp_path) as lake:
        change(lake, "insert into nodes select nodes.* from nodes cross join range(100)")
        for path in tmp_path.rglob("*.parquet"):
            path.write_bytes(b"torn")
        with pytest.raises(WarehouseError, match="could not be checked"):
            run_gate("training-data", lake, ROUND, SETTINGS)


def test_the_markdown_shows_observed_against_needed_failures_first(lake: Warehouse) -> None:
    change(lake, "update preference_pairs set chosen_q = -1 where problem_id = 'p1'")
    lines = gate_markdown(run_gate("training-data", lake, ROUND, SETTINGS)).splitlines()
    assert lines[0] == "## training-data gate, round 1: 1 of 29 expectations failed"
    assert lines[4] == "| **failed** | chosen_q > rejected_q | preference_pairs | q_margin | 1 of 5 rows fail | every row > 0 |"
    assert lines[-1] == "Show the failing rows: `stargrove gates --round 1 --rows`"


def test_results_can_be_committed_and_queried(lake: Warehouse) -> None:
    report = run_gate("training-data", lake, ROUND, SETTINGS)
    lake.commit(batch("gate-training-data"), {"gate_results": report.results})
    rows = lake.query("select expectation, observed, needed from gate_results where round = 1")
    assert rows.height == len(report.results) == 29


def test_rows_are_judged_by_the_thresholds_that_the_gate_was_run_with(lake: Warehouse) -> None:
    change(lake, "insert into sft_examples select * from sft_examples where problem_id = 'p1'")
    strict = SETTINGS.model_copy(update={"max_sft_examples_per_problem": 1})
    failed = {result.expectation: result for result in run_gate("training-data", lake, ROUND, strict).failed}
    assert shown_rows(lake, failed["few SFT examples per problem"]) == 2
    later = replace(failed["few SFT examples per problem"], settings_json=SETTINGS.model_dump_json())
    assert shown_rows(lake, later) == 0
    unknown = replace(later, settings_json='{"of_another_version": 1}')
    assert shown_rows(lake, unknown) == 0


def test_the_rows_of_an_expectation_that_is_no_more_are_not_looked_for(lake: Warehouse) -> None:
    change(lake, "update preference_pairs set chosen_q = -1")
    (failed,) = run_gate("training-data", lake, ROUND, SETTINGS).failed
    assert shown_rows(lake, failed) == 5
    assert shown_rows(lake, replace(failed, expectation="pairs are good")) == 0
    limited = failing_rows(lake, ROUND, failed, limit=2)
    assert (limited.rows.height, limited.n_rows) == (2, 5)


def test_defaults_are_valid() -> None:
    assert GateSettings().n_gram == 13
