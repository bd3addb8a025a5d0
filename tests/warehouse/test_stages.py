"""The stage table is true: its tables exist, statements keep to it, SQL names no other stage, the ledger refuses the rest."""

import re
from collections.abc import Iterable

import pytest

from tests.warehouse.trees import batch, problem, small_tree
from warehouse.errors import WarehouseError
from warehouse.records import QuarantinedRow, Trajectory
from warehouse.sql.statements import shipped
from warehouse.stages import (
    ABLATE,
    ANNOTATE_PAIRS,
    ANNOTATE_SFT,
    GATE_INGEST,
    GATE_PROMOTION,
    GATE_TRAINING_DATA,
    MEASURE,
    STAGES,
    TRAIN_POLICY,
    TRAIN_PPM,
    TRAJECTORIES,
    VERIFY,
    Stage,
)
from warehouse.store.lake import Warehouse
from warehouse.store.staged_file import StagedFile
from warehouse.store.staging import RECORDS

SHIPPED = {kind: shipped(kind) for kind in ("queries", "statements", "views", "gates")}


def tables_of(names: Iterable[str], tables: set[str]) -> set[str]:
    """The tables that shipped statements read, those behind views included."""
    every = {name: statement for statements in SHIPPED.values() for name, statement in statements.items()}
    found: set[str] = set()
    for name in names:
        sql = re.sub(r"--.*", "", every[name].sql)
        read = set(re.findall(r"\b(?:from|join)\s+(\w+)", sql))
        found |= (read & tables) | tables_of(read & SHIPPED["views"].keys(), tables)
    return found


def lake_tables(lake: Warehouse) -> set[str]:
    return set(lake.query("select table_name from duckdb_tables() where database_name = current_database()")["table_name"])


def test_stages_name_tables_of_the_lake_and_every_table_that_batches_write_has_its_stage(lake: Warehouse) -> None:
    named = {table for stage in STAGES.values() for table in (*stage.reads, *stage.writes)}
    assert named - lake_tables(lake) == set()
    assert RECORDS.keys() - {table for stage in STAGES.values() for table in stage.writes} == set()


@pytest.mark.parametrize(
    ("stage", "statements"),
    [
        (TRAJECTORIES, ["annotate_trajectories"]),
        (VERIFY, ["verification_candidates", "verification_counts"]),
        (ANNOTATE_SFT, ["annotate_sft", "annotate_sft_rejection", "annotate_sft_unverified"]),
        (ANNOTATE_PAIRS, ["annotate_pairs"]),
        (TRAIN_POLICY, ["export_sft"]),
        (TRAIN_PPM, ["export_ppm_nodes", "export_ppm_pairs"]),
    ],
    ids=lambda value: value.name if isinstance(value, Stage) else "",
)
def test_a_stage_reads_what_its_statements_read_and_writes_what_they_write(
    stage: Stage, statements: list[str], lake: Warehouse
) -> None:
    others = tables_of(statements, lake_tables(lake)) - set(stage.reads)
    assert others <= set(stage.writes), "only its own rows are left out of what it reads"
    into = {SHIPPED["statements"][name].into for name in statements if name in SHIPPED["statements"]}
    assert into <= set(stage.writes)


def test_the_gates_read_what_their_queries_read(lake: Warehouse) -> None:
    names = SHIPPED["gates"].keys() | {"contaminated_problems", "uncommitted_batches"}
    stated = {table for gate in (GATE_INGEST, GATE_TRAINING_DATA, GATE_PROMOTION) for table in gate.reads}
    assert tables_of(names, lake_tables(lake)) == stated


def test_sql_compares_stages_with_those_of_the_table_only() -> None:
    compared = [
        value
        for statements in SHIPPED.values()
        for statement in statements.values()
        for condition in re.findall(r"\bstage (?:=|<>|in|not in) (\([^)]*\)|'[^']*')", statement.sql)
        for value in re.findall(r"'([^']*)'", condition)
    ]
    assert len(compared) >= 3
    assert set(compared) <= STAGES.keys()


def test_the_seconds_of_a_round_are_those_of_its_stages() -> None:
    (left_out,) = re.findall(r"stage not in \(([^)]*)\)", SHIPPED["queries"]["round_summary"].sql)
    assert set(re.findall(r"'([^']*)'", left_out)) == {MEASURE.name, ABLATE.name}
    assert not (MEASURE.in_round or ABLATE.in_round)


def test_a_batch_may_not_write_a_table_that_is_not_its_stages(lake: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="stage verify does not write nodes, only verifications, evaluations"):
        lake.commit(batch(1, "verify"), {"nodes": small_tree()})
    with pytest.raises(WarehouseError, match="stage rollout does not write trajectories"):
        lake.run_statement(batch(1, "rollout"), "annotate_trajectories", round=1)
    with pytest.raises(WarehouseError, match="stage rollout does not write problems, quarantine"):
        lake.ingest(batch(1, "rollout"), [problem()], [QuarantinedRow("file", 1, "no answer", "{}")])
    path = Trajectory("t1-1", "t1", "p1", 1, (0, 1), 1, "1", "correct", 1.0, None, "hash")
    with StagedFile("trajectories", "b", lake.home / "staging") as staged:
        staged.add([path])
        staged.finish()
        with pytest.raises(WarehouseError, match="stage rollout does not write trajectories"):
            lake.commit_file(batch(1, "rollout"), staged)
    assert lake.query("from batches").is_empty()


def test_a_batch_of_an_unknown_stage_is_refused_even_without_rows(lake: Warehouse) -> None:
    with pytest.raises(WarehouseError, match=r"no stage is called 'guess'; state it in warehouse/stages\.py"):
        lake.commit(batch(1, "guess"), {})
    assert lake.query("from batches").is_empty()
