"""Given three small rounds, the questions of a reviewer have the answers that can be worked out by hand.

Problem      round 1   round 2   round 3      p1: solved, lost, solved again. p2: newly solved in round 2, and still. p3: never.
p1 level 1   solved    wrong     solved       Trees as in trees.py: three correct rollouts of six, or none of two.
p2 level 2   wrong     solved    solved
p3 level 2   wrong     wrong     wrong
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.warehouse.trees import batch, ingest, node, problem, round_row, search, small_tree, verify
from warehouse.measured import Evaluation, EvaluationAnswer, GateResult
from warehouse.records import Batch, CheckpointRow, NearDuplicate, Node, QuarantinedRow, Source, VerificationRow
from warehouse.store.lake import Warehouse

SOLVED = {1: ("p1",), 2: ("p2",), 3: ("p1", "p2")}
PROBLEMS = {"p1": 1, "p2": 2, "p3": 2}


def wrong_tree(tree_id: str, problem_id: str) -> list[Node]:
    of = {"tree_id": tree_id, "problem_id": problem_id}
    return [
        node(0, None, "P", depth=0, visits=(0, 2), **of),
        node(1, 0, "x", depth=1, visits=(0, 2), ending="answer", verdict="wrong", **of),
    ]


@pytest.fixture(scope="module")
def three_rounds(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("review") / "home")
    with Warehouse.open(home) as lake:
        ingest(lake, *(problem(name, level) for name, level in PROBLEMS.items()), problem("v1", 1, "validation"))
        for number, solved in SOLVED.items():
            lake.start_round(round_row(number, "base-0" if number == 1 else f"policy-{number - 1}"))
            grow = {name: small_tree if name in solved else wrong_tree for name in PROBLEMS}
            nodes = [n for name, tree in grow.items() for n in tree(f"{name}-r{number}", name)]
            lake.commit(batch(number, "rollout", n_tokens=100, wall_seconds=2.0), {"nodes": nodes})
            lake.run_statement(batch(number, "trajectories"), "annotate_trajectories", round=number)
            verify(lake, number, {f"{name}-r{number}-4": "verified" for name in solved})
            lake.run_statement(batch(number, "annotate-sft"), "annotate_sft", round=number)
            lake.run_statement(batch(number, "annotate-pairs"), "annotate_pairs", round=number)
            lake.pin_training_snapshot(number)
            checkpoint = CheckpointRow(f"policy-{number}", "policy", number, "base-0", None, "f" * 8, "file:///x", "candidate")
            lake.record_checkpoint(checkpoint)
            lake.promote(number, f"policy-{number}", None)
        yield lake


def rows(frame: pl.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return frame.select(columns).rows()


def test_which_problems_were_newly_solved_lost_or_never_solved(three_rounds: Warehouse) -> None:
    found = {number: rows(three_rounds.query("problem_moves", round=number), "problem_id", "move") for number in (1, 2, 3)}
    assert found == {
        1: [("p2", "never solved"), ("p3", "never solved"), ("p1", "newly solved")],
        2: [("p3", "never solved"), ("p2", "newly solved"), ("p1", "regressed")],
        3: [("p3", "never solved"), ("p1", "solved again")],
    }
    assert rows(three_rounds.query("problem_moves", round=3, move="still solved"), "problem_id") == [("p2",)]


def test_a_problem_that_stays_lost_is_not_called_never_solved(lake: Warehouse) -> None:
    ingest(lake, problem("p1"))
    search(lake, 1, small_tree("t1", "p1"))
    verify(lake, 1, {"t1-4": "verified"})
    for number in (2, 3):
        search(lake, number, wrong_tree(f"t{number}", "p1"))
    assert rows(lake.query("move_counts"), "round", "move") == [(1, "newly solved"), (2, "regressed"), (3, "still lost")]


def test_how_many_problems_moved_how(three_rounds: Warehouse) -> None:
    assert rows(three_rounds.query("move_counts", round=3), "move", "n_problems") == [
        ("never solved", 1),
        ("solved again", 1),
        ("still solved", 1),
    ]


def test_how_difficulty_moves_between_rounds(three_rounds: Warehouse) -> None:
    columns = ("previous_difficulty", "difficulty", "n_problems", "share_of_previous")
    assert rows(three_rounds.query("difficulty_moves", round=2), *columns) == [
        ("hard", "hard", 1, 0.5),
        ("hard", "medium", 1, 0.5),
        ("medium", "hard", 1, 1.0),
    ]
    assert three_rounds.query("difficulty_moves", round=1)["previous_difficulty"].to_list() == [None, None]


def test_which_problems_no_round_solved(three_rounds: Warehouse) -> None:
    found = three_rounds.query("never_solved")
    assert rows(found, "problem_id", "n_rounds", "n_rollouts", "n_correct") == [("p3", 3, 6, 0)]
    assert three_rounds.query("never_solved", level=1).is_empty()
    solved = three_rounds.query("from v_problem_difficulty where problem_id = 'p1'")
    assert rows(solved, "first_solved_in", "last_solved_in", "n_rounds_solved") == [(1, 3, 2)]


def test_whether_q_values_tell_right_from_wrong(three_rounds: Warehouse) -> None:
    # Round 1: mean Q-values -1 (twice: p1's third, p2's, p3's), -0.25 and 0.75.
    columns = ("lower_q", "upper_q", "n_trajectories", "mean_q", "observed_reward", "bias", "share_correct", "n_checked")
    found = three_rounds.query("q_calibration", round=1)
    assert rows(found, *columns) == [
        (-1.0, -0.8, 3, -1.0, -1.0, 0.0, 0.0, 0),
        (pytest.approx(-0.4), pytest.approx(-0.2), 1, -0.25, -1.0, -0.75, 0.0, 0),
        (pytest.approx(0.6), pytest.approx(0.8), 1, 0.75, 1.0, 0.25, 1.0, 1),
    ]
    assert found["share_verified"].to_list() == [None, None, 1.0]


def test_whether_ppm_scores_foresee_rollouts_and_answers(lake: Warehouse) -> None:
    scored = [
        Node(**{name: getattr(n, name) for name in Node.__slots__} | {"ppm_score": score})
        for n, score in zip(small_tree(), [None, 0.5, -0.9, 0.1, 0.95, None, 1.0], strict=True)
    ]
    lake.start_round(round_row(1, ppm_id="ppm-0"))
    lake.commit(batch(1, "rollout"), {"nodes": scored})
    given = [("correct", 0.9), ("wrong", 0.9), ("wrong", -1.0)]
    answers = [
        EvaluationAnswer("policy-1", "ppm-1", "test", "p9", "sample", k, "1", verdict, score, 9)  # type: ignore[arg-type]
        for k, (verdict, score) in enumerate(given)
    ]
    lake.commit(batch(1, "evaluate"), {"evaluation_answers": answers})
    columns = ("used_in", "ppm_id", "n_scores", "mean_score", "observed_reward", "bias")
    found = lake.query("ppm_calibration")
    # Node 3 was never visited, so that nothing says whether its score was right. Node 6 (score 1) lies in the last tenth.
    assert rows(found, *columns) == [
        ("evaluation", "ppm-1", 1, -1.0, -1.0, 0.0),
        ("evaluation", "ppm-1", 2, 0.9, 0.0, -0.9),
        ("search", "ppm-0", 1, -0.9, -1.0, pytest.approx(-0.1)),
        ("search", "ppm-0", 1, 0.5, 0.5, 0.0),
        ("search", "ppm-0", 2, 0.975, 0.0, -0.975),
    ]
    assert lake.query("ppm_calibration", used_in="evaluation", round=1).height == 2


def test_how_step_code_fails(lake: Warehouse) -> None:
    errors = {
        1: ("error", "NameError: name 'anna' is not defined"),
        2: ("error", "NameError: name 'ben' is not defined\nat line 3"),
        3: ("error", "ZeroDivisionError: division by zero"),
        4: ("timeout", None),
        5: ("ok", None),
    }
    nodes = [node(0, None, "P", depth=0)]
    for node_id, (outcome, error) in errors.items():
        plain = node(node_id, 0, f"s{node_id}", depth=1)
        nodes.append(Node(**{name: getattr(plain, name) for name in Node.__slots__} | {"outcome": outcome, "error": error}))
    lake.commit(batch(1, "rollout"), {"nodes": nodes})
    found = lake.query("step_errors", round=1)
    assert rows(found, "outcome", "exception", "message", "n_nodes", "share_of_steps", "example_node_id") == [
        ("error", "NameError", "name '...' is not defined", 2, 0.4, 1),
        ("error", "ZeroDivisionError", "division by zero", 1, 0.2, 3),
        ("timeout", "timeout", "", 1, 0.2, 4),
    ]


def test_what_a_solution_costs(three_rounds: Warehouse) -> None:
    columns = ("round", "n_solved", "n_newly_solved", "n_tokens", "tokens_per_solved", "tokens_per_newly_solved")
    assert rows(three_rounds.query("cost_of_solutions"), *columns) == [
        (1, 1, 1, 100, 100.0, 100.0),
        (2, 1, 1, 100, 100.0, 100.0),
        (3, 2, 0, 100, 50.0, None),
    ]


def test_what_changed_between_two_rounds(three_rounds: Warehouse) -> None:
    found = three_rounds.query("round_diff", before=2, after=3)
    facts = {(row["section"], row["what"]): (row["before"], row["after"], row["change"]) for row in found.iter_rows(named=True)}
    assert facts["coverage", "all levels"] == (str(1 / 3), str(2 / 3), pytest.approx(1 / 3))
    assert facts["solved problems", "in both"] == ("1.0", "1.0", 0.0)
    assert facts["solved problems", "only in one"] == ("0.0", "1.0", 1.0)
    assert facts["solved problems", "in neither"] == ("1.0", "1.0", 0.0)
    assert facts["round", "searched by policy"] == ("policy-1", "policy-2", None)
    assert facts["search", "nodes"] == ("11.0", "16.0", 5.0)
    assert facts["SFT examples", "only in one"][2] == 0.0
    changed = {(row["section"], row["what"]) for row in found.filter(pl.col("is_changed")).iter_rows(named=True)}
    assert ("round", "code version") not in changed
    assert ("coverage", "level 1") in changed


def test_where_a_trajectory_comes_from_in_one_query(three_rounds: Warehouse) -> None:
    found = three_rounds.query("provenance", trajectory_id="p2-r2-4")
    assert rows(found, "what", "round", "stage", "searched_by_policy", "flow_run_id") == [
        ("problem", 0, "ingest", None, "flow-1"),
        ("tree", 2, "rollout", "policy-1", "flow-1"),
        ("trajectory", 2, "trajectories", "policy-1", "flow-1"),
        ("verification", 2, "verify", "policy-1", "flow-1"),
        ("SFT example", 2, "annotate-sft", "policy-1", "flow-1"),
    ]


def test_lineage_is_walked_both_ways_in_sql(three_rounds: Warehouse) -> None:
    up = three_rounds.query("lineage_up", kind="trajectory", id="p2-r2-4")
    found = {row["kind"]: (row["n_steps"], row["example_id"]) for row in up.iter_rows(named=True)}
    assert found["tree"] == (1, "p2-r2")
    assert found["problem"] == (2, "p2")
    assert found["checkpoint"] == (3, "policy-1")
    assert {kind: steps for kind, (steps, _) in found.items() if "run" in kind or kind in ("fingerprint", "code version")} == {
        "flow run": 2,
        "task run": 2,
        "fingerprint": 2,
        "code version": 2,
    }
    down = three_rounds.query("lineage_down", kind="problem", id="p2", max_steps=3)
    assert rows(down, "kind", "n_things", "n_steps") == [("tree", 3, 1), ("trajectory", 7, 2), ("checkpoint", 2, 3)]


def test_what_decontamination_dropped_and_why(lake: Warehouse) -> None:
    reasons = [
        "contaminated: equals test problem abc of math 500",
        "contaminated: shares 'one of two' with test problem abc of math 500",
        "contaminated: shares 'a b' with test problem def of gsm8k",
        "no answer",
    ]
    ingest(lake, problem("p1"))
    lake.commit(batch(0, "ingest", "x"), {"quarantine": [QuarantinedRow("test", 0, reason, "s") for reason in reasons]})
    columns = ("source", "test_source", "n_refused", "n_exact", "n_by_n_gram", "n_kept")
    assert rows(lake.query("decontamination"), *columns) == [("test", "math 500", 2, 1, 1, 1), ("test", "gsm8k", 1, 0, 1, 1)]
    assert rows(lake.query("refused_problems"), "test_problem_id", "match", "shared_words") == [
        ("def", "n-gram", "a b"),
        ("abc", "exact", None),
        ("abc", "n-gram", "one of two"),
    ]


def test_rounds_are_compared_problem_by_problem_with_the_round_before(three_rounds: Warehouse) -> None:
    found = three_rounds.query("round_comparisons").filter(metric="coverage")
    columns = ("round", "value", "n_problems", "previous_round", "n_compared", "n_better", "n_worse")
    assert rows(found.sort("round"), *columns) == [
        (1, pytest.approx(1 / 3), 3, None, 0, 0, 0),
        (2, pytest.approx(1 / 3), 3, 1, 3, 1, 1),
        (3, pytest.approx(2 / 3), 3, 2, 3, 1, 0),
    ]


def test_two_rounds_differ_by_the_problems_that_one_of_them_alone_solved(three_rounds: Warehouse) -> None:
    found = three_rounds.query("round_diff", before=1, after=3).filter(section="coverage", what="all levels")
    assert rows(found, "n_better", "n_worse") == [(1, 0)]
    others = three_rounds.query("round_diff", before=1, after=3).filter(section="search")
    assert set(rows(others, "n_better", "n_worse")) == {(None, None)}


def test_a_source_of_which_everything_was_refused_is_in_the_report(lake: Warehouse) -> None:
    row = QuarantinedRow("copies", 0, "contaminated: equals test problem abc of x", "s")
    lake.commit(batch(0, "ingest", "x"), {"quarantine": [row]})
    assert rows(lake.query("decontamination"), "source", "n_refused", "n_kept") == [("copies", 1, 0)]


def test_which_problems_nearly_repeat_each_other(lake: Warehouse) -> None:
    ingest(lake, problem("p1"), problem("p2"), problem("t1", split="test"))
    pairs = [NearDuplicate("p2", "p1", 0.9), NearDuplicate("p1", "t1", 0.85)]
    lake.commit(Batch(0, "near-duplicates", "all", "f"), {"near_duplicates": pairs})
    assert rows(lake.query("near_duplicates"), "problem_id", "near_problem_id", "similarity") == [("p2", "p1", 0.9)]
    assert lake.query("near_duplicates", min_similarity=0.95).is_empty()
    assert rows(lake.query("near_held_out"), "problem_id", "held_out_problem_id", "held_out_split") == [("p1", "t1", "test")]


def test_where_problems_come_from_and_under_which_licence(lake: Warehouse) -> None:
    ingest(lake, problem("p1"), problem("t1", split="test"))
    read = [Source("test", "train", "MIT", "a.jsonl", "h1", 5, 1), Source("test", "test", None, "b.jsonl", "h2", 3, 1)]
    lake.commit(batch(0, "sources"), {"sources": read})
    columns = ("source", "licence", "uri", "n_rows", "n_train", "n_validation", "n_test")
    assert rows(lake.query("sources"), *columns) == [("test", "MIT", "a.jsonl, b.jsonl", 8, 1, 0, 1)]


def test_what_a_person_let_pass_and_why(lake: Warehouse) -> None:
    held = GateResult("promotion", "a", "t", "c", "1", ">= 0", True, 0, "")
    let_pass = GateResult("promotion", "b", "t", "c", "0", ">= 1", False, 1, "", "known, and fixed in the next round")
    lake.commit(batch(1, "gate-training-data"), {"gate_results": [held, let_pass]})
    assert rows(lake.query("overrides"), "expectation", "override_reason") == [("b", "known, and fixed in the next round")]


def test_verifications_are_counted_with_the_share_of_lucky_code(lake: Warehouse) -> None:
    search(lake, 1, [*small_tree("t1", "p1"), *small_tree("t2", "p2"), *small_tree("t3", "p3")])
    replayed = [
        VerificationRow("t1-4", "p1", "verified", None, is_lucky=True),
        VerificationRow("t2-4", "p2", "verified", None, is_lucky=False),
        VerificationRow("t3-4", "p3", "replay_differs", "step 1", is_lucky=None),
    ]
    lake.commit(batch(1, "verify"), {"verifications": replayed})
    assert lake.query("verification_counts", round=1).rows() == [(9, 2, 1, 0.5, 2)]
    assert lake.query("verification_counts", round=2).rows() == [(0, 0, 0, None, 0)]


def test_of_a_metric_that_was_measured_again_the_newest_value_counts(lake: Warehouse) -> None:
    def metric(value: float, benchmark: str | None = None, level: int | None = None) -> Evaluation:
        return Evaluation("policy-1", None, "test", "greedy_pass_1", level, value, 4, benchmark)

    lake.commit(batch(1, "evaluate"), {"evaluations": [metric(0.25), metric(0.5, level=1)]})
    lake.commit(batch(1, "measure", "a"), {"evaluations": [metric(0.3, "gsm8k")]})
    lake.commit(batch(1, "measure", "b"), {"evaluations": [metric(0.4, "gsm8k")]})
    assert rows(lake.query("newest_metrics"), "benchmark", "value") == [(None, 0.25), ("gsm8k", 0.4)]
