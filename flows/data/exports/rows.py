"""The rows of an export, one after the other, and the columns that they have."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import pyarrow as pa

from flows.data.exports.base import ExportRequest
from flows.data.exports.queries import NODE_COLUMNS, PATHS, TREES, preferences_query, sft_query
from tasks.interchange.chat import chat_example, chat_pair
from tasks.interchange.published import TextPair, published_example, published_pair
from tasks.interchange.rstar_trees import rstar_row
from tasks.interchange.transcripts import LeafFacts, TreeFacts, transcripts_of
from warehouse.records import Node
from warehouse.store.lake import Warehouse

Row = Mapping[str, Any]

_TREE_FACTS: Final = tuple(field.name for field in fields(TreeFacts) if field.name != "snapshot_id")
_LEAF_FACTS: Final = tuple(field.name for field in fields(LeafFacts))

_TEXT: Final = pa.string()
_CONVERSATION: Final = pa.list_(pa.struct([("role", _TEXT), ("content", _TEXT)]))
_SFT: Final = pa.schema(
    [(name, _TEXT) for name in ("prompt", "completion", "problem_id", "trajectory_id")]
    + [("rank", pa.int32()), ("source", _TEXT), ("level", pa.int32())]
)
_PAIR_FACTS: Final = [
    ("kind", _TEXT),
    *((name, pa.float64()) for name in ("weight", "chosen_q", "rejected_q")),
    *((name, _TEXT) for name in ("problem_id", "source")),
    ("tree_round", pa.int32()),
    *((name, pa.int64()) for name in ("n_chosen", "n_rejected")),
]
_SIDES: Final = ("prompt", "chosen", "rejected")
_TRANSCRIPTS: Final = pa.schema(
    [
        *((name, _TEXT) for name in ("transcript_id", "source_type", "source_id", "date", "task_set", "task_id", "model")),
        *((name, _TEXT) for name in ("score", "score_explanation")),
        ("success", pa.bool_()),
        *((name, pa.int64()) for name in ("message_count", "total_tokens")),
        *((name, _TEXT) for name in ("error", "limit", "messages")),
        ("round", pa.int32()),
        *((name, _TEXT) for name in ("tree_id", "problem_id", "source")),
        ("level", pa.int32()),
        *((name, _TEXT) for name in ("split", "reference_answer", "policy_id", "ppm_id", "batch_id", "fingerprint")),
        *((name, _TEXT) for name in ("code_version", "flow_run_id")),
        ("snapshot_id", pa.int64()),
        *((name, pa.int32()) for name in ("node_id", "n_steps")),
        *((name, _TEXT) for name in ("ending", "answer", "grading_method")),
        *((name, pa.float64()) for name in ("q_value", "ppm_score", "mean_q")),
        ("verification", _TEXT),
        ("is_lucky", pa.bool_()),
    ]
)
COLUMNS: Final[Mapping[tuple[str, str], pa.Schema]] = {
    ("sft", "trl"): _SFT,
    ("sft", "chat"): pa.schema([("messages", _CONVERSATION)]),
    ("sft", "rstar"): pa.schema([("query", _TEXT), ("response", _TEXT)]),
    ("preferences", "trl"): pa.schema([*((name, _TEXT) for name in _SIDES), *_PAIR_FACTS]),
    ("preferences", "chat"): pa.schema([*((name, _CONVERSATION) for name in _SIDES), *_PAIR_FACTS]),
    ("preferences", "rstar"): pa.schema(
        [*((name, _TEXT) for name in ("prompt", "neg", "pos")), ("neg_count", pa.int64()), ("pos_count", pa.int64())]
    ),
    ("transcripts", "scout"): _TRANSCRIPTS,
}
"""By kind and form. A tree has none: its keys are the places of its nodes."""


def export_rows(lake: Warehouse, request: ExportRequest, snapshot_id: int) -> Iterator[Row]:
    """Yield the rows of an export. Of the lake, a range of problems is read at a time, and of trees one is in memory."""
    if request.kind == "trees":
        yield from _trees(lake, request.round)
    elif request.kind == "transcripts":
        yield from _transcripts(lake, request.round, snapshot_id)
    elif request.kind == "sft":
        yield from map(_sft_writer(request), _rows(lake, sft_query(), {"round": request.round}))
    else:
        # The pairs of a round are those of its own trees here: those of earlier rounds are exported with their own round.
        parameters = {"round": request.round, "first_round": request.round, "set_aside": None}
        yield from map(_pair_writer(request), _rows(lake, preferences_query(), parameters))


def _sft_writer(request: ExportRequest) -> Callable[[Row], Row]:
    def chat(row: Row) -> Row:
        return chat_example(row["prompt"], row["completion"], request.markers)

    def published(row: Row) -> Row:
        return published_example(row["prompt"], row["completion"])

    return {"trl": _as_it_is, "chat": chat, "rstar": published}[request.form]


def _pair_writer(request: ExportRequest) -> Callable[[Row], Row]:
    def chat(row: Row) -> Row:
        return {**row, **chat_pair(row["prompt"], row["chosen"], row["rejected"], request.markers)}

    def published(row: Row) -> Row:
        names = ("kind", "prompt", "chosen", "rejected", "n_chosen", "n_rejected")
        return published_pair(TextPair(**{name: row[name] for name in names}))

    return {"trl": _as_it_is, "chat": chat, "rstar": published}[request.form]


def _as_it_is(row: Row) -> Row:
    return row


def _rows(lake: Warehouse, sql: str, parameters: Mapping[str, object]) -> Iterator[dict[str, Any]]:
    for batch in lake.stream(sql, **parameters):
        yield from batch.to_pylist()


def _trees(lake: Warehouse, round_number: int) -> Iterator[Row]:
    for _, rows in groupby(_rows(lake, TREES, {"round": round_number}), key=itemgetter("tree_id")):
        tree = list(rows)
        yield rstar_row(tree[0]["statement"], tree[0]["reference_answer"], [_node(row) for row in tree])


def _transcripts(lake: Warehouse, round_number: int, snapshot_id: int) -> Iterator[Row]:
    for _, rows in groupby(_rows(lake, PATHS, {"round": round_number}), key=itemgetter("tree_id")):
        tree = list(rows)
        facts = TreeFacts(**{name: tree[0][name] for name in _TREE_FACTS}, snapshot_id=snapshot_id)
        nodes = {row["node_id"]: _node(row) for row in tree}
        leaves = {row["node_id"]: LeafFacts(**{name: row[name] for name in _LEAF_FACTS}) for row in tree}
        yield from transcripts_of(nodes, leaves, facts)


def _node(row: Row) -> Node:
    return Node(**{name: row[name] for name in NODE_COLUMNS})
