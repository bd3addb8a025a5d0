"""Given two small rounds (two_rounds.py), each shipped query answers what can be worked out by hand."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from flows.display.tables.rounds import round_table
from tests.warehouse.trees import batch, ingest, problem, round_row, search, small_tree, verify
from tests.warehouse.two_rounds import rows, wrong_tree
from warehouse.errors import BadInput
from warehouse.measured import Evaluation, EvaluationAnswer, ProblemMetric
from warehouse.records import Batch
from warehouse.sql.statements import shipped
from warehouse.store.lake import Warehouse


def test_stages_that_took_no_time_to_speak_of_are_left_out_of_the_summary_but_not_of_its_sum(lake: Warehouse) -> None:
    lake.start_round(round_row(1))
    lake.commit(batch(1, "rollout", wall_seconds=3.0), {"nodes": small_tree()})
    lake.commit(batch(1, "annotate-sft", wall_seconds=0.25), {})
    assert rows(lake.query("round_summary"), "seconds_by_stage", "wall_seconds") == [("rollout 3", 3.25)]


def test_a_batch_without_a_time_has_that_of_its_statement(lake: Warehouse) -> None:
    search(lake, 1, small_tree())
    lake.run_statement(batch(1, "annotate-pairs", wall_seconds=0.0), "annotate_pairs", round=1)
    seconds = dict(lake.query("select stage, wall_seconds from batches").rows())
    assert seconds["annotate-pairs"] > 0
    assert seconds["trajectories"] == 1.0


def test_coverage_counts_verified_problems_in_the_round_and_so_far(two_rounds: Warehouse) -> None:
    found = two_rounds.query("coverage")
    columns = ("round", "level", "n_problems", "n_answered", "n_solved", "coverage", "coverage_so_far")
    assert rows(found, *columns) == [
        (1, 1, 1, 1, 1, 1.0, 1.0),
        (1, 2, 1, 0, 0, 0.0, 0.0),
        (1, None, 2, 1, 1, 0.5, 0.5),
        (2, 1, 1, 1, 1, 1.0, 1.0),
        (2, 2, 1, 1, 1, 1.0, 1.0),
        (2, None, 2, 2, 2, 1.0, 1.0),
    ]
    assert two_rounds.query("coverage", round=2).height == 3


def test_coverage_can_be_asked_by_kind_of_problem(lake: Warehouse) -> None:
    ingest(lake, problem("p1"), replace(problem("p2"), kind="choice"), replace(problem("p3"), kind=None))
    search(lake, 1, small_tree("t1", "p1") + wrong_tree("t2", "p2") + wrong_tree("t3", "p3"))
    verify(lake, 1, {"t1-4": "verified"})
    columns = ("level", "n_problems", "n_solved", "n_problems_so_far")
    assert rows(lake.query("coverage", kind="one_answer"), *columns) == [(1, 1, 1, 1), (None, 1, 1, 1)]
    assert rows(lake.query("coverage", kind="choice"), *columns) == [(1, 1, 0, 1), (None, 1, 0, 1)]
    assert rows(lake.query("coverage"), *columns) == [(1, 3, 1, 3), (None, 3, 1, 3)]


def test_coverage_so_far_remembers_problems_that_a_later_round_misses(lake: Warehouse) -> None:
    ingest(lake, problem("p1"), problem("p2"))
    search(lake, 1, small_tree("t1", "p1"))
    verify(lake, 1, {"t1-4": "verified"})
    search(lake, 2, wrong_tree("t2", "p1") + wrong_tree("t3", "p2"))
    found = lake.query("coverage", round=2)
    assert rows(found.filter(pl.col("level").is_null()), "coverage", "coverage_so_far") == [(0.0, 0.5)]


def test_pass_at_k_is_the_unbiased_estimate(two_rounds: Warehouse) -> None:
    # 1 - C(2, 2) / C(4, 2) = 5/6 with two correct answers of four.
    assert two_rounds.query("pass_at_k", k=2, round=2)["pass_at_k"].to_list() == pytest.approx([5 / 6, 5 / 6])
    assert two_rounds.query("pass_at_k", k=1)["pass_at_k"].to_list() == pytest.approx([0.25, 0.25, 0.5, 0.5])
    assert two_rounds.query("pass_at_k", k=4)["pass_at_k"].to_list() == [1.0] * 4
    assert two_rounds.query("pass_at_k", k=8).is_empty()


def test_the_round_summary_has_a_row_per_round_and_reads_one_split(two_rounds: Warehouse) -> None:
    found = two_rounds.query("round_summary", split="validation")
    columns = ("round", "status", "coverage", "coverage_by_level", "greedy_pass_1", "n_sft_examples", "n_pairs", "wall_seconds")
    assert rows(found, *columns) == [
        (1, "promoted", 0.5, "1: 100%  2: 0%", 0.25, 1, 4, 8.0),
        (2, "promoted", 1.0, "1: 100%  2: 100%", 0.5, 2, 8, 8.0),
    ]
    assert two_rounds.query("round_summary")["greedy_pass_1"].to_list() == [0.99, 0.99]


@pytest.mark.parametrize(("ks", "shown"), [((4,), 4), ((64, 8), 8)])
def test_the_round_summary_shows_the_votes_of_whichever_k_was_measured(
    lake: Warehouse, ks: tuple[int, ...], shown: int
) -> None:
    for number in (1, 2):
        metrics = {f"{name}_{k}": k / 100 for k in ks for name in ("maj", "best_of", "random_of", "weighted_maj")}
        measured = [Evaluation("p", None, "test", name, None, value, 9) for name, value in metrics.items()]
        lake.commit(batch(number, "evaluate", "test"), {"evaluations": measured})
    found = lake.query("round_summary")
    assert rows(found, "n_samples", "maj", "best_of", "random_of") == [(shown, *[shown / 100] * 3)] * 2
    table = round_table(found, lake.query("round_comparisons"))
    assert {f"maj@{shown}", f"best-of-{shown} by PPM", f"random-of-{shown}"} <= {*table.columns[0].cells}


def test_a_trajectory_is_shown_step_by_step(two_rounds: Warehouse) -> None:
    found = two_rounds.query("trajectory", trajectory_id="t1-4")
    assert rows(found, "step", "text", "q_value") == [(0, "P", 0.0), (1, "a", 0.5), (2, "a1", 1.0)]
    texts = two_rounds.query("select prompt, completion from v_trajectory_texts where trajectory_id = 't1-4'")
    assert texts.rows() == [("P", "aa1")]


def test_the_best_trajectory_of_a_problem_is_its_newest_of_the_highest_mean_q(two_rounds: Warehouse) -> None:
    assert two_rounds.query("best_trajectories")["trajectory_id"].to_list() == ["t3-4", "t4-4"]
    assert two_rounds.query("best_trajectories", level=2)["trajectory_id"].to_list() == ["t4-4"]


def test_difficulty_follows_from_the_rollouts(two_rounds: Warehouse) -> None:
    found = two_rounds.query("select problem_id, difficulty from v_searched where round = 1 order by problem_id")
    assert found.rows() == [("p1", "medium"), ("p2", "hard")]


def test_rollouts_that_end_alike_are_one_ending(two_rounds: Warehouse) -> None:
    found = two_rounds.query(
        "select problem_id, n_rollouts, n_endings, n_right_endings from v_searched where round = 1 order by all"
    )
    assert found.rows() == [("p1", 6, 3, 1), ("p2", 2, 1, 0)]
    facts = two_rounds.query(
        "select what, number from v_round_facts where round = 1 and contains(what, 'endings') order by what"
    )
    assert facts.rows() == [("distinct endings", 4.0), ("distinct endings that are right", 0.25)]


def test_stage_costs_add_up_the_ledger(two_rounds: Warehouse) -> None:
    found = two_rounds.query("stage_costs", round=1)
    assert rows(found.filter(pl.col("stage") == "evaluate"), "n_batches", "n_rows", "wall_seconds") == [(1, 6, 3.0)]


def test_every_view_and_query_can_be_read(two_rounds: Warehouse) -> None:
    given = {
        "round": 2,
        "trajectory_id": "t1-4",
        "tree_id": "t1",
        "problem_id": "p1",
        "kind": "round",
        "id": "1",
        "policy_id": "policy-1",
        "benchmark": "test",
        "before": 1,
        "after": 2,
    }
    for view in shipped("views"):
        two_rounds.query(f"from {view}")
    for query in shipped("queries").values():
        needed = [parameter.name for parameter in query.parameters if parameter.default is None]
        two_rounds.query(query.name, **{name: given[name] for name in needed})


def test_every_shipped_query_is_named_by_a_test() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    assert [name for name in shipped("queries") if f'"{name}"' not in tests] == []


def test_a_wrong_parameter_is_named(two_rounds: Warehouse) -> None:
    with pytest.raises(BadInput, match="query coverage has no parameter 'rund'; its parameters: round"):
        two_rounds.query("coverage", rund=1)
    with pytest.raises(BadInput, match=r"query export_sft needs a value for round"):
        two_rounds.query("export_sft")


def test_benchmarks_are_measured_apart_from_the_whole_split(two_rounds: Warehouse) -> None:
    before = two_rounds.query("round_summary")["greedy_pass_1"].to_list()
    for value, name in ((0.25, "first"), (0.75, "second")):
        alone = Evaluation("policy-9", None, "test", "greedy_pass_1", None, value, 4, "gsm8k", 0.0, 1.0, 9.0)
        two_rounds.commit(Batch(2, "measure", "gsm8k summary", name, wall_seconds=99.0), {"evaluations": [alone]})
    newest = two_rounds.query("benchmark_metrics", benchmark="gsm8k", policy_id="policy-9")
    assert rows(newest, "metric", "value", "low", "high") == [("greedy_pass_1", 0.75, 0.0, 1.0)]
    summary = two_rounds.query("round_summary")
    assert summary["greedy_pass_1"].to_list() == before
    assert summary["wall_seconds"].to_list() == [8.0, 8.0], "measuring is no stage of a round"


def sampled(problem_id: str, scores: list[tuple[float, ...]], right: str) -> list[EvaluationAnswer]:
    """right: one letter per answer, c(orrect) or w(rong)."""
    return [
        EvaluationAnswer(
            "policy-8", "ppm-8", "test", problem_id, "sample", k, "1", "correct" if letter == "c" else "wrong", None, 9,
            step_scores=one,
        )
        for k, (one, letter) in enumerate(zip(scores, right, strict=True))
    ]  # fmt: skip


def test_answers_that_nobody_could_grade_are_listed_with_their_reference(lake: Warehouse) -> None:
    ingest(lake, problem("p1", 1, "test"))
    graded = {0: "correct", 1: "unknown", 2: "wrong"}
    rows_of = [
        EvaluationAnswer("policy-1", None, "test", "p1", "sample", k, f"a{k}", verdict, None, 9)  # type: ignore[arg-type]
        for k, verdict in graded.items()
    ]
    lake.commit(batch(1, "evaluate"), {"evaluation_answers": rows_of})
    found = lake.query("ungraded_answers", policy_id="policy-1")
    assert rows(found, "problem_id", "k_index", "answer") == [("p1", 1, "a1")]
    assert found["reference_answer"].item() == problem("p1", 1, "test").answer
    assert lake.query("ungraded_answers", policy_id="policy-2").is_empty()


def test_aggregations_are_compared_as_they_were_measured_last(lake: Warehouse) -> None:
    for fingerprint, worst in (("old", 0.0), ("new", 1.0)):
        values = {"best_by_min_of_3": worst, "best_by_mean_of_3": 0.5, "best_by_min_of_8": 0.25, "best_of_3": 0.75}
        shares = [
            ProblemMetric("policy-8", "ppm-8", "test", problem_id, "sample", metric, value, 9.0)
            for problem_id in ("p1", "p2")
            for metric, value in values.items()
        ]
        lake.commit(Batch(1, "measure", "test sample 000", fingerprint), {"problem_metrics": shares})
    assert lake.query("aggregations", benchmark="test", k=3).rows() == [("min", 1.0, 2), ("mean", 0.5, 2)]


def test_answers_that_are_measured_again_do_not_count_twice_in_pass_at_k(lake: Warehouse) -> None:
    ingest(lake, problem("p1", split="test"))
    for fingerprint, right in (("old", "wwww"), ("new", "ccww")):
        answers = sampled("p1", [(0.0,)] * 4, right)
        lake.commit(Batch(1, "measure", f"test sample {fingerprint}", fingerprint), {"evaluation_answers": answers})
    assert lake.query("pass_at_k", k=4)["pass_at_k"].to_list() == [1.0, 1.0]
    assert lake.query("pass_at_k", k=8).is_empty()
