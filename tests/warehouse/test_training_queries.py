"""What two small rounds (two_rounds.py) give to train on: trajectories, SFT examples, preference pairs, exports."""

from tests.warehouse.trees import batch, ingest, node, problem, retold, search, small_tree, verify
from tests.warehouse.two_rounds import rows
from warehouse.store.lake import Warehouse


def test_trajectories_end_in_an_answer_and_average_the_q_values_of_their_steps(two_rounds: Warehouse) -> None:
    found = two_rounds.query("from trajectories where tree_id = 't1' order by leaf_node_id")
    assert rows(found, "trajectory_id", "node_ids", "n_steps", "verdict", "mean_q") == [
        ("t1-4", [0, 1, 4], 2, "correct", 0.75),
        ("t1-5", [0, 1, 5], 2, "wrong", -0.25),
        ("t1-6", [0, 2, 6], 2, "wrong", -1.0),
    ]


def test_equal_solutions_have_equal_hashes_and_others_have_not(two_rounds: Warehouse) -> None:
    hashes = dict(two_rounds.query("select trajectory_id, text_hash from trajectories").rows())
    assert hashes["t1-4"] == hashes["t3-4"]
    assert len({hashes["t1-4"], hashes["t1-5"], hashes["t1-6"]}) == 3


def test_an_unvisited_answer_counts_with_its_grade(lake: Warehouse) -> None:
    never_chosen = node(7, 1, "a3", depth=2, ending="answer", verdict="correct")
    search(lake, 1, [*small_tree(), never_chosen])
    assert lake.query("select mean_q from trajectories where trajectory_id = 't1-7'").item() == (0.5 + 1.0) / 2


def test_the_sft_set_takes_each_solution_of_all_rounds_once(two_rounds: Warehouse) -> None:
    found = two_rounds.query("from sft_examples where round = 2 order by problem_id, rank")
    assert rows(found, "problem_id", "trajectory_id", "trajectory_round", "rank", "mean_q") == [
        ("p1", "t3-4", 2, 1, 0.75),
        ("p2", "t4-4", 2, 1, 0.75),
    ]
    assert two_rounds.query("select trajectory_id from sft_examples where round = 1").to_series().to_list() == ["t1-4"]


def test_only_verified_trajectories_become_sft_examples(lake: Warehouse) -> None:
    search(lake, 1, small_tree("t1") + small_tree("t2", "p2") + small_tree("t3", "p3"))
    verify(lake, 1, {"t1-4": "verified", "t2-4": "replay_differs"})
    lake.run_statement(batch(1, "annotate-sft"), "annotate_sft", round=1)
    assert lake.query("select trajectory_id from sft_examples").to_series().to_list() == ["t1-4"]


def test_the_sft_set_keeps_the_best_of_each_problem_with_ties_by_id(lake: Warehouse) -> None:
    search(lake, 1, [n for i in range(4) for n in retold(small_tree(f"t{i}"), str(i))])
    verify(lake, 1, {f"t{i}-4": "verified" for i in range(4)})
    lake.run_statement(batch(1, "annotate-sft"), "annotate_sft", round=1, n_per_problem=3)
    assert lake.query("select trajectory_id from sft_examples order by rank").to_series().to_list() == ["t0-4", "t1-4", "t2-4"]


def test_the_control_has_as_many_examples_right_or_wrong(two_rounds: Warehouse) -> None:
    chosen = two_rounds.query("annotate_sft_unverified", round=2)
    assert chosen.height == 2
    assert rows(chosen) == rows(two_rounds.query("annotate_sft_unverified", round=2))
    assert set(chosen["trajectory_id"]) <= set(two_rounds.query("select trajectory_id from trajectories").to_series())


def test_the_control_takes_what_the_policy_says_most_often(lake: Warehouse) -> None:
    often = {"ending": "answer", "verdict": "wrong", "n_merged": 9}
    rarely = {"ending": "answer", "verdict": "correct", "n_merged": 1}
    trees = [
        n
        for of in ({"tree_id": f"t{i}", "problem_id": f"p{i}"} for i in range(100))
        for n in (
            node(0, None, "P", depth=0, **of),
            node(1, 0, "often", depth=1, visits=(0, 1), **often, **of),
            node(2, 0, "rarely", depth=1, visits=(1, 0), **rarely, **of),
        )
    ]
    search(lake, 1, trees)
    verify(lake, 1, {f"t{i}-2": "verified" for i in range(100)})
    chosen = lake.query("annotate_sft_unverified", round=1, n_per_problem=1)
    assert chosen.height == 100
    assert 80 <= chosen["trajectory_id"].str.ends_with("-1").sum() <= 97


def test_step_pairs_are_siblings_and_answer_pairs_whole_trajectories(two_rounds: Warehouse) -> None:
    found = two_rounds.query("from preference_pairs where round = 1 order by kind desc, prefix_node_id, rejected_node_id")
    columns = ("problem_id", "kind", "prefix_node_id", "chosen_node_id", "rejected_node_id", "chosen_q", "rejected_q", "weight")
    assert rows(found, *columns) == [
        ("p1", "step", 0, 1, 2, 0.5, -1.0, 1.0),
        ("p1", "step", 1, 4, 5, 1.0, -1.0, 1.0),
        ("p1", "answer", 0, 4, 5, 0.75, -0.25, 0.5),
        ("p1", "answer", 0, 4, 6, 0.75, -1.0, 0.5),
    ]


def test_a_margin_drops_close_pairs_and_shares_the_weight_anew(two_rounds: Warehouse) -> None:
    found = two_rounds.query("annotate_pairs", round=1, min_margin=1.25)
    assert rows(found, "kind", "rejected_node_id", "weight") == [
        ("answer", 6, 1.0),
        ("step", 2, 1.0),
        ("step", 5, 1.0),
    ]


def test_a_refuted_trajectory_is_never_the_chosen_one(lake: Warehouse) -> None:
    search(lake, 1, small_tree())
    verify(lake, 1, {"t1-4": "replay_differs"})
    assert rows(lake.query("annotate_pairs", round=1), "kind", "chosen_node_id") == [("step", 1)]


def test_verification_candidates_are_the_best_correct_ones_not_yet_verified(lake: Warehouse) -> None:
    ingest(lake, problem("p1", answer="1"))
    search(lake, 1, [*small_tree("t1"), *small_tree("t2"), *retold(small_tree("t3"), "!")])
    found = lake.query("verification_candidates", round=1)
    assert rows(found, "trajectory_id", "rank", "texts", "answer", "reference_answer") == [
        ("t1-4", 1, ["P", "a", "a1"], "1", "1"),
        ("t3-4", 2, ["P!", "a!", "a1!"], "1", "1"),
    ]
    verify(lake, 1, {"t1-4": "verified"})
    assert lake.query("verification_candidates", round=1)["trajectory_id"].to_list() == ["t3-4"]
    assert lake.query("verification_candidates", round=1, limit=1).is_empty()


def test_exported_sft_text_is_the_path_from_the_root(two_rounds: Warehouse) -> None:
    found = two_rounds.query("export_sft", round=2)
    assert rows(found, "problem_id", "prompt", "completion") == [("p1", "P", "aa1"), ("p2", "P", "aa1")]


def test_exported_pairs_share_their_prompt(two_rounds: Warehouse) -> None:
    found = two_rounds.query("export_pairs", round=1).sort("kind", "rejected")
    assert rows(found, "kind", "prompt", "chosen", "rejected") == [
        ("answer", "P", "aa1", "aa2"),
        ("answer", "P", "aa1", "bb1"),
        ("step", "Pa", "a1", "a2"),
        ("step", "P", "a", "b"),
    ]


def test_the_ppm_gets_whole_trees_of_the_pairs_and_no_others(two_rounds: Warehouse) -> None:
    nodes = two_rounds.query("export_ppm_nodes", round=2)
    pairs = two_rounds.query("export_ppm_pairs", round=2)
    assert nodes["tree_id"].unique().sort().to_list() == ["t1", "t3", "t4"]
    assert nodes.height == 3 * len(small_tree())
    assert (nodes.height, pairs.height) == (21, 12)
    latest = two_rounds.query("export_ppm_pairs", round=2, first_round=2)
    assert latest["tree_round"].unique().to_list() == [2]


def test_rejection_sampling_takes_correct_trajectories_whether_or_not_they_were_verified(lake: Warehouse) -> None:
    search(lake, 1, small_tree("t1") + small_tree("t2", "p2"))
    verify(lake, 1, {"t1-4": "replay_differs"})
    assert lake.query("annotate_sft_rejection", round=1)["trajectory_id"].to_list() == ["t1-4", "t2-4"]
