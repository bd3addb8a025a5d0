"""Records as Arrow tables, the form in which a batch enters the lake."""

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

import pyarrow as pa

from warehouse import measured, records
from warehouse.errors import WarehouseError

RECORDS: Final[dict[str, type]] = {
    "problems": records.Problem,
    "quarantine": records.QuarantinedRow,
    "sources": records.Source,
    "near_duplicates": records.NearDuplicate,
    "labels": records.Label,
    "nodes": records.Node,
    "trajectories": records.Trajectory,
    "verifications": records.VerificationRow,
    "sft_examples": records.SftExample,
    "preference_pairs": records.PreferencePair,
    "evaluations": measured.Evaluation,
    "evaluation_answers": measured.EvaluationAnswer,
    "problem_metrics": measured.ProblemMetric,
    "benchmark_problems": measured.BenchmarkProblem,
    "ablations": measured.Ablation,
    "training_metrics": measured.TrainingMetricRow,
    "gate_results": measured.GateResult,
    "regraded_verdicts": measured.RegradedVerdict,
    "regrade_figures": measured.RegradeFigure,
}
"""The tables that batches write, with the record that is a row of each."""

SORT_KEYS: Final[dict[str, str]] = {
    "problems": "problem_id",
    "nodes": "problem_id, tree_id, node_id",
    "trajectories": "problem_id, tree_id, leaf_node_id",
    "labels": "problem_id, trajectory_id",
    "near_duplicates": "problem_id, near_problem_id",
    "verifications": "problem_id, trajectory_id",
    "sft_examples": "problem_id, rank, trajectory_id",
    "preference_pairs": "problem_id, chosen_tree_id, prefix_node_id, kind, chosen_node_id, rejected_tree_id, rejected_node_id",
}
"""Order of the rows of a batch in its file, so that the rows of a problem lie together."""

_ARROW_TYPES: Final[dict[Any, pa.DataType]] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    tuple[str, ...]: pa.list_(pa.string()),
    tuple[int, ...]: pa.list_(pa.int32()),
    tuple[float, ...]: pa.list_(pa.float64()),
}


@cache
def schema(table: str) -> pa.Schema:
    """Return the Arrow schema of the records of a table. Raises WarehouseError for a table that batches do not write."""
    if table not in RECORDS:
        raise WarehouseError(f"batches do not write a table {table!r}", hint=f"they write: {', '.join(RECORDS)}")
    hints = get_type_hints(RECORDS[table])
    return pa.schema([_arrow_field(field.name, hints[field.name]) for field in fields(RECORDS[table])])


def staged(table: str, rows: Sequence[object]) -> pa.Table:
    """Return the rows as an Arrow table with the columns of their record. Raises WarehouseError for rows of another record."""
    expected = schema(table)
    kind = RECORDS[table]
    strangers = {type(row).__name__ for row in rows if type(row) is not kind}
    if strangers:
        raise WarehouseError(f"table {table} takes {kind.__name__} rows, not {', '.join(sorted(strangers))}")
    columns = [pa.array(list(map(attrgetter(field.name), rows)), type=field.type) for field in expected]
    return pa.Table.from_arrays(columns, schema=expected)


def _arrow_field(name: str, hint: Any) -> pa.Field:
    if get_origin(hint) is UnionType or NoneType in get_args(hint):
        inner = [part for part in get_args(hint) if part is not NoneType]
        return pa.field(name, _arrow_type(inner[0]), nullable=True)
    return pa.field(name, _arrow_type(hint), nullable=False)


def _arrow_type(hint: Any) -> pa.DataType:
    return pa.string() if get_origin(hint) is Literal else _ARROW_TYPES[hint]
