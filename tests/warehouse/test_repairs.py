"""What was mended in a prompted model's text can be asked for."""

from dataclasses import replace

from tests.warehouse.trees import batch, problem, search, small_tree
from warehouse.measured import Evaluation, EvaluationAnswer
from warehouse.records import Batch, CheckpointRow, RoundRow
from warehouse.store.lake import Warehouse


def test_repairs_are_counted_by_round_place_and_kind(lake: Warehouse) -> None:
    lake.ingest(Batch(0, "ingest", "all", "f"), [problem()], [])
    tree = [replace(one, repairs=("marker", "prose") if one.parent_id is not None else ()) for one in small_tree()]
    search(lake, 1, tree)
    answers = [
        EvaluationAnswer("base-1", None, "test", "p1", "greedy", 0, "1", "correct", None, 9, repairs=("marker",)),
        EvaluationAnswer("base-1", None, "test", "p2", "greedy", 0, "1", "wrong", None, 9),
    ]
    lake.commit(batch(0, "evaluate", "test"), {"evaluation_answers": answers})
    found = lake.query("repairs").select("round", "place", "repair", "n_mended", "share_of_texts", "n_right").rows()
    n_steps = len(tree) - 1
    assert found[0] == (0, "greedy", "marker", 1, 0.5, 1)
    assert [row[:5] for row in found[1:]] == [(1, "tree", repair, n_steps, 1.0) for repair in ("marker", "prose")]


def test_repairs_come_back_as_they_were_written(lake: Warehouse) -> None:
    tree = [replace(one, repairs=("marker", "cut")) for one in small_tree()]
    search(lake, 1, tree)
    assert [tuple(node.repairs) for node in lake.nodes("t1")] == [("marker", "cut")] * len(tree)


def test_the_first_candidate_has_to_beat_the_base_and_not_the_model_that_searched(lake: Warehouse) -> None:
    for checkpoint_id, kind in (("base-1", "base"), ("bootstrap-1", "bootstrap"), ("policy-1", "policy")):
        lake.record_checkpoint(
            CheckpointRow(checkpoint_id, kind, 0 if kind != "policy" else 1, None, None, "f", "file:///x", "current")  # type: ignore[arg-type]
        )
    lake.start_round(RoundRow(1, "running", "f", "{}", "v", "bootstrap-1", None))
    lake.set_candidates(1, "policy-1", "ppm-1")
    scores = {"base-1": 0.2, "bootstrap-1": 0.6, "policy-1": 0.3}
    rows = [Evaluation(policy, None, "validation", "greedy_pass_1", None, value, 10) for policy, value in scores.items()]
    lake.commit(batch(1, "evaluate", "validation"), {"evaluations": rows})
    figures = lake.query(_promotion_figures(), round=1).row(0, named=True)
    assert (figures["policy_id"], figures["current_pass_1"], figures["candidate_pass_1"]) == ("base-1", 0.2, 0.3)


def _promotion_figures() -> str:
    from warehouse.sql.statements import shipped

    return shipped("gates")["promotion_figures"].sql
