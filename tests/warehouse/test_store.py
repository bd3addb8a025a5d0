from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.warehouse.trees import batch, ingest, node, problem, small_tree
from warehouse.errors import BadInput, WarehouseError
from warehouse.records import Node, Problem, QuarantinedRow, batch_id
from warehouse.store.lake import Warehouse

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
counts = st.integers(0, 2**31 - 1)
scores = st.none() | st.floats(-1, 1)

any_node = st.builds(
    Node,
    tree_id=st.just("t1"),
    problem_id=texts,
    node_id=st.just(0),
    parent_id=st.none() | counts,
    depth=counts,
    text=texts,
    n_tokens=counts,
    n_merged=counts,
    outcome=st.sampled_from(["ok", "error", "timeout", "not_run"]),
    stdout=texts,
    error=st.none() | texts,
    ending=st.none() | st.just("answer"),
    answer=st.none() | texts,
    verdict=st.none() | st.sampled_from(["correct", "wrong", "unknown"]),
    grading_method=st.none() | texts,
    n_visits=counts,
    n_correct=counts,
    n_wrong=counts,
    ppm_score=scores,
    q_value=scores,
    repairs=st.lists(texts, max_size=2).map(tuple),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(any_node, max_size=6))
def test_nodes_come_back_as_they_were_committed(lake: Warehouse, rows: list[Node]) -> None:
    numbered = [Node(**{name: getattr(row, name) for name in Node.__slots__} | {"node_id": i}) for i, row in enumerate(rows)]
    lake.commit(batch(1, "rollout"), {"nodes": numbered})
    assert lake.nodes("t1") == numbered


def test_a_batch_committed_again_replaces_its_rows(lake: Warehouse) -> None:
    first = lake.commit(batch(1, "rollout"), {"nodes": small_tree()})
    again = lake.commit(batch(1, "rollout"), {"nodes": small_tree()})
    assert (first.n_rows, first.replaced, again.n_rows, again.replaced) == (7, False, 7, True)
    assert lake.query("select count(*) from nodes").item() == 7
    assert lake.query("select n_rows from batches").to_series().to_list() == [7]


def test_batches_of_other_shards_stay_when_one_is_replaced(lake: Warehouse) -> None:
    lake.commit(batch(1, "rollout", "000"), {"nodes": small_tree("t1")})
    lake.commit(batch(1, "rollout", "001"), {"nodes": small_tree("t2")})
    lake.commit(batch(1, "rollout", "000"), {"nodes": small_tree("t1")[:1]})
    assert [len(lake.nodes(tree)) for tree in ("t1", "t2")] == [1, 7]


def test_the_ledger_says_which_batches_are_there(lake: Warehouse) -> None:
    written = batch(1, "rollout", "003")
    lake.commit(written, {"nodes": small_tree()})
    assert lake.is_committed(written.batch_id)
    assert not lake.is_committed(batch(1, "rollout", "004").batch_id)


def test_a_batch_without_rows_is_in_the_ledger(lake: Warehouse) -> None:
    lake.commit(batch(1, "verify"), {"verifications": []})
    assert lake.is_committed(batch(1, "verify").batch_id)


def test_batch_ids_tell_apart_what_decides_the_rows() -> None:
    ids = {batch_id(1, "a", "b", "c"), batch_id(2, "a", "b", "c"), batch_id(1, "ab", "", "c"), batch_id(1, "a", "b", "d")}
    assert len(ids) == 4
    assert batch_id(1, "a", "b", "c") == batch_id(1, "a", "b", "c")


def test_ingesting_a_known_problem_adds_nothing(lake: Warehouse) -> None:
    ingest(lake, problem("p1"), problem("p2"))
    assert lake.ingest(batch(0, "ingest", "more"), [problem("p2"), problem("p3"), problem("p3")], []) == 1
    assert [found.problem_id for found in lake.problems("train")] == ["p1", "p2", "p3"]


def test_ingesting_twice_keeps_the_problems(lake: Warehouse) -> None:
    ingest(lake, problem("p1"))
    ingest(lake, problem("p1"))
    assert lake.problems("train") == [problem("p1")]


def test_problems_are_read_by_split_and_limit(lake: Warehouse) -> None:
    ingest(lake, problem("p1"), problem("p2"), problem("p3", split="test"))
    assert lake.problems("train", limit=1) == [problem("p1")]
    assert lake.problems("test") == [Problem("p3", "statement of p3", "1", "test", 1, "test")]


def test_broken_rows_are_kept_in_quarantine(lake: Warehouse) -> None:
    lake.ingest(batch(0, "ingest"), [], [QuarantinedRow("file.jsonl", 3, "no answer", "{}")])
    assert lake.query("select source, line_number, reason, raw from quarantine").rows() == [
        ("file.jsonl", 3, "no answer", "{}")
    ]


def test_rows_of_another_record_are_refused(lake: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="table nodes takes Node rows, not Problem"):
        lake.commit(batch(1, "rollout"), {"nodes": [problem()]})
    with pytest.raises(WarehouseError, match="do not write a table 'checkpoints'"):
        lake.commit(batch(1, "train-policy"), {"checkpoints": []})


def test_a_commit_that_fails_leaves_nothing(lake: Warehouse) -> None:
    huge = node(2**40, None, "P", depth=0)
    with pytest.raises(BadInput, match="Conversion Error"):
        lake.commit(batch(1, "rollout"), {"nodes": [*small_tree(), huge]})
    assert lake.query("select count(*) from nodes").item() == 0
    assert not lake.is_committed(batch(1, "rollout").batch_id)
    lake.commit(batch(1, "rollout"), {"nodes": small_tree()})
    assert len(lake.nodes("t1")) == 7


def test_a_commit_says_who_made_it(lake: Warehouse) -> None:
    lake.commit(batch(2, "rollout", "007"), {"nodes": small_tree()})
    row = lake.query(
        "select author, commit_message, commit_extra_info from ducklake_snapshots('lake') order by snapshot_id desc limit 1"
    ).row(0)
    assert row[:2] == ("stargrove", "round 2 rollout 007")
    assert '"flow_run_id": "flow-1"' in row[2]


def test_a_read_only_lake_refuses_to_write(lake: Warehouse, home: Path) -> None:
    with Warehouse.open(home, read_only=True) as reader, pytest.raises(WarehouseError, match="read-only"):
        reader.commit(batch(1, "rollout"), {"nodes": small_tree()})


def test_a_snapshot_shows_the_lake_as_it_was(lake: Warehouse, home: Path) -> None:
    lake.commit(batch(1, "rollout", "000"), {"nodes": small_tree("t1")})
    snapshot_id = lake.snapshot_id()
    lake.commit(batch(1, "rollout", "001"), {"nodes": small_tree("t2")})
    with Warehouse.open(home, snapshot_id=snapshot_id) as before:
        assert before.query("select distinct tree_id from nodes").to_series().to_list() == ["t1"]


def test_a_home_that_was_moved_still_opens(lake: Warehouse, home: Path) -> None:
    rows = [node(i, None, "P" * 50, depth=0) for i in range(1000)]
    lake.commit(batch(1, "rollout"), {"nodes": rows})
    lake.close()
    moved = home.rename(home.with_name("moved"))
    with Warehouse.open(moved, read_only=True) as reader:
        assert len(reader.nodes("t1")) == 1000


def test_streamed_rows_are_the_rows_of_the_query(lake: Warehouse) -> None:
    lake.commit(batch(1, "rollout"), {"nodes": small_tree()})
    sql = "select node_id from nodes where round = $round order by node_id"
    streamed = [value for part in lake.stream(sql, round=1) for value in part.column(0).to_pylist()]
    assert streamed == lake.query(sql, round=1).to_series().to_list()
