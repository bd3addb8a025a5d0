"""Statements that are kept to a range of problems, one after the other."""

import polars as pl
import pytest

from tests.warehouse.trees import ingest, problem, retold, search, small_tree, verify
from warehouse.rounds.ranges import ProblemRange
from warehouse.store.lake import Warehouse


@pytest.mark.parametrize("size", [1, 2, 5])
def test_ranges_of_problems_annotated_one_by_one_give_the_rows_of_the_whole_round(lake: Warehouse, size: int) -> None:
    names = ["p1", "p2", "p3", "p4", "p5"]
    ingest(lake, *(problem(name) for name in names))
    # The trees of one problem lie in two shards, as those of extra rollouts do; their answers are compared all the same.
    search(lake, 1, [one for name in names for one in small_tree(f"t-{name}", name)], "000")
    search(lake, 1, [one for name in names[::2] for one in retold(small_tree(f"u-{name}", name), "!")], "001")
    verify(lake, 1, {"t-p1-4": "replay_differs"})
    ranges = lake.problem_ranges(size)
    assert len(ranges) == -(-len(names) // size)
    for name in ("annotate_trajectories", "annotate_pairs", "verification_candidates"):
        parts = pl.concat([lake.query(name, round=1, **one.parameters) for one in ranges])
        whole = lake.query(name, round=1)
        assert whole.height > 0
        assert parts.rows() == whole.rows()


def test_a_problem_beyond_those_that_the_ranges_were_made_of_is_in_one_of_them(lake: Warehouse) -> None:
    ingest(lake, problem("p2"), problem("p4"))
    ranges = lake.problem_ranges(1)
    search(lake, 1, [one for name in ("p1", "p3", "p5") for one in small_tree(f"t-{name}", name)])
    parts = pl.concat([lake.query("annotate_trajectories", round=1, **one.parameters) for one in ranges])
    assert parts.rows() == lake.query("annotate_trajectories", round=1).rows()
    assert lake.problem_ranges(9) == [ProblemRange("000", None, None)]
    assert lake.query("range_starts", size=1)["problem_id"].to_list() == ["p2", "p4"]


def test_a_stream_that_is_kept_to_a_range_stays_in_it(lake: Warehouse) -> None:
    ingest(lake, *map(problem, ("p1", "p2", "p3")))
    search(lake, 1, [one for name in ("p1", "p2", "p3") for one in small_tree(f"t-{name}", name)])
    (kept,) = lake.stream("verification_candidates", round=1, first_problem="p2", next_problem="p3")
    assert kept.column("problem_id").to_pylist() == ["p2"]
    whole = [name for part in lake.stream("verification_candidates", round=1) for name in part.column("problem_id").to_pylist()]
    assert whole == ["p1", "p2", "p3"]
