"""Which problems there are: new ones enter once, and no round is measured on what came with a benchmark file alone."""

from dataclasses import fields, replace
from typing import Final

import duckdb

from warehouse.records import Batch, Problem
from warehouse.stages import BENCHMARK_INGEST, INGEST
from warehouse.store.ledger import forget, insert_select

_COLUMNS: Final = ", ".join(field.name for field in fields(Problem))
_OF_BENCHMARKS: Final = f"select batch_id from batches where stage = '{BENCHMARK_INGEST.name}'"


def select_problems(*, held_out: bool) -> str:
    """Return SQL for the problems of $split, $limit at most, in order; held_out: without those that only benchmarks have."""
    where = f"and batch_id not in ({_OF_BENCHMARKS})" if held_out else ""
    return f"select {_COLUMNS} from problems where split = $split {where} order by problem_id limit $limit"


def insert_new(cursor: duckdb.DuckDBPyConnection, batch: Batch) -> int:
    """Return how many of the problems in the view `staged_new` were new. One that is there already, by id, stays as it is.

    A test problem that a benchmark brought is taken over by a batch that ingests it for itself, and counts as new; what else
    the same file brought as a benchmark goes, for this batch brings it too.
    """
    if batch.stage == INGEST.name:
        forget(cursor, replace(batch, stage=BENCHMARK_INGEST.name).batch_id)
        cursor.execute(
            f"""delete from problems where split = 'test' and batch_id in ({_OF_BENCHMARKS})
            and problem_id in (select problem_id from staged_new where split = 'test')"""
        )
    select = """
        select distinct on (problem_id) staged_new.* from staged_new
        anti join problems on problems.problem_id = staged_new.problem_id order by problem_id
    """
    return insert_select(cursor, batch, "problems", select, {})
