"""What reviewers ask about data quality, each question answered on a lake small enough to know the answer."""

from collections.abc import Sequence

from tests.warehouse.trees import problem
from warehouse.measured import GateResult
from warehouse.records import Batch, Trajectory, Verdict
from warehouse.store.lake import Warehouse


def trajectories(
    problem_id: str, answers: Sequence[str], *, verdict: Verdict = "wrong", same_text: bool = False
) -> list[Trajectory]:
    return [
        Trajectory(
            f"t{problem_id}-{i}",
            f"t{problem_id}",
            problem_id,
            i,
            (0, i),
            1,
            answer,
            verdict,
            0.0,
            None,
            f"h{0 if same_text else i}",
        )
        for i, answer in enumerate(answers)
    ]


def test_a_label_is_suspect_where_different_solutions_agree_on_another_answer(lake: Warehouse) -> None:
    names = ("agree", "one-text", "split", "solved", "few")
    lake.ingest(Batch(0, "ingest", "all", "f"), [problem(name) for name in names], [])
    found = [
        *trajectories("agree", ["7", "7", "7", "8"]),
        *trajectories("one-text", ["7", "7", "7", "7"], same_text=True),
        *trajectories("split", ["7", "7", "7", "8", "9", "10", "11"]),
        *trajectories("solved", ["7", "7", "7"]),
        *trajectories("few", ["7", "7"]),
    ]
    found[-3] = trajectories("solved", ["", "", "1"], verdict="correct")[2]
    lake.commit(Batch(1, "trajectories", "all", "f"), {"trajectories": found})
    suspects = lake.query("label_suspects")
    assert suspects.select(
        "problem_id", "reference_answer", "suspected_answer", "n_solutions", "share_of_solutions"
    ).rows() == [("agree", "1", "7", 3, 0.75)]
    assert set(lake.query("label_suspects", min_solutions=2, min_share=0.4)["problem_id"]) == {"agree", "split", "few"}


def test_the_trend_of_a_gate_says_how_its_figures_moved(lake: Warehouse) -> None:
    for round_number, observed in ((1, "0.5"), (2, "0.75"), (3, "nothing")):
        result = GateResult("promotion", "pass@1", "evaluations", "candidate_pass_1", observed, ">= 0", True, 0, "")
        lake.commit(Batch(round_number, "gate-training-data", "all", "f"), {"gate_results": [result]})
    rows = lake.query("gate_trend", gate="promotion").select("round", "observed", "change").rows()
    assert rows == [(1, "0.5", None), (2, "0.75", 0.25), (3, "nothing", None)]
