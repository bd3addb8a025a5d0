"""What `stargrove export` does: a round's training data or trees as files that others read, with a dataset card beside them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from flows.data.dataset_card import DataFile, dataset_card
from tasks.interchange.published import TextPair, published_example, published_pair
from tasks.interchange.rstar_trees import rstar_row
from warehouse.errors import BadInput
from warehouse.records import Node
from warehouse.sql.statements import find
from warehouse.store.lake import Warehouse

Kind = Literal["sft", "preferences", "trees"]
Form = Literal["trl", "rstar"]
Format = Literal["jsonl", "parquet"]

_SFT: Final = """
with examples as ({export_sft})
select
    examples.prompt, examples.completion, examples.problem_id, examples.trajectory_id, examples.rank,
    problems.source, problems.level
from examples
left join problems on problems.problem_id = examples.problem_id
order by examples.problem_id, examples.rank, examples.trajectory_id
"""

_PREFERENCES: Final = """
with pairs as ({export_pairs})
select
    pairs.prompt, pairs.chosen, pairs.rejected, pairs.kind, pairs.weight, pairs.chosen_q, pairs.rejected_q, pairs.problem_id,
    problems.source, pairs.tree_round,
    count(distinct (pairs.chosen_tree_id, pairs.chosen_node_id)) over of_prefix as n_chosen,
    count(distinct (pairs.rejected_tree_id, pairs.rejected_node_id)) over of_prefix as n_rejected
from pairs
left join problems on problems.problem_id = pairs.problem_id
window of_prefix as (
    partition by pairs.tree_round, pairs.problem_id, pairs.kind, pairs.prefix_node_id,
        case pairs.kind when 'step' then pairs.chosen_tree_id end
)
order by
    pairs.tree_round, pairs.problem_id, pairs.chosen_tree_id, pairs.kind, pairs.chosen_node_id, pairs.rejected_tree_id,
    pairs.rejected_node_id
"""

_TREES: Final = """
select problems.statement, problems.answer as reference_answer, nodes.* exclude (batch_id, round)
from nodes
inner join problems on problems.problem_id = nodes.problem_id
where nodes.round = $round::integer
order by nodes.problem_id, nodes.tree_id, nodes.node_id
"""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export, of which round, in whose form, as which kind of file."""

    kind: Kind
    round: int
    form: Form
    format: Format


def run_export(home: Path, request: ExportRequest, directory: Path) -> DataFile:
    """Return the file that was written; the card README.md beside it lists every file of the directory that it knows.

    What a round was trained on is read from the snapshot that the round pinned. Raises BadInput where there is nothing.
    """
    if request.format == "parquet" and request.form == "rstar":
        raise BadInput("the published form is JSON", hint="leave out --format parquet, or use --form trl")
    if request.kind == "trees" and request.form != "rstar":
        raise BadInput("trees have one form: that of the solver of microsoft/rStar", hint="add --form rstar")
    with Warehouse.open(home, read_only=True) as lake:
        row = lake.round_row(request.round)
        if row is None and request.round != 0:
            raise BadInput(f"round {request.round} was never started", hint="list the rounds with: stargrove sql 'from rounds'")
        snapshot_id = row.snapshot_id if row is not None else None
    with Warehouse.open(home, read_only=True, snapshot_id=snapshot_id) as pinned:
        path, n_rows = _write(pinned, request, directory)
    if n_rows == 0:
        path.unlink()
        raise BadInput(f"round {request.round} has no {request.kind} to export", hint="see: stargrove sql --file round_summary")
    file = DataFile.of(path, request.kind, request.form, request.round, n_rows, snapshot_id)
    with Warehouse.open(home, read_only=True) as lake:
        (directory / "README.md").write_text(dataset_card(lake, file, directory), encoding="utf-8")
    return file


def _write(lake: Warehouse, request: ExportRequest, directory: Path) -> tuple[Path, int]:
    extension = "json" if request.form == "rstar" and request.kind != "trees" else request.format
    path = directory / f"{request.kind}-round-{request.round}-{request.form}.{extension}"
    directory.mkdir(parents=True, exist_ok=True)
    if request.kind == "trees":
        return path, _lines(path, _trees(lake, request.round))
    sql = _sql(request.kind)
    if request.format == "parquet":
        return path, lake.export(sql, path, **_parameters(request))
    rows = _rows(lake, sql, _parameters(request))
    if request.form == "trl":
        return path, _lines(path, rows)
    published: Callable[[dict[str, Any]], Mapping[str, object]] = _published_sft if request.kind == "sft" else _published_pair
    return path, _array(path, map(published, rows))


def _sql(kind: Kind) -> str:
    """Return the shipped export query, extended by what readers elsewhere need."""
    if kind == "sft":
        return _SFT.format(export_sft=find("export_sft").sql)
    return _PREFERENCES.format(export_pairs=find("export_pairs").sql)


def _parameters(request: ExportRequest) -> dict[str, object]:
    # The pairs of a round are those of its own trees here: what a PPM was trained on besides is exported with its own round.
    if request.kind == "preferences":
        return {"round": request.round, "first_round": request.round, "set_aside": None}
    return {"round": request.round}


def _rows(lake: Warehouse, sql: str, parameters: Mapping[str, object]) -> Iterator[dict[str, Any]]:
    for batch in lake.stream(sql, **parameters):
        yield from batch.to_pylist()


def _published_sft(row: dict[str, Any]) -> Mapping[str, object]:
    return published_example(row["prompt"], row["completion"])


def _published_pair(row: dict[str, Any]) -> Mapping[str, object]:
    names = ("kind", "prompt", "chosen", "rejected", "n_chosen", "n_rejected")
    return published_pair(TextPair(**{name: row[name] for name in names}))


def _trees(lake: Warehouse, round_number: int) -> Iterator[Mapping[str, object]]:
    """Yield the search trees of a round, one in memory at a time."""
    nodes: list[Node] = []
    problem = ("", "")
    for row in _rows(lake, _TREES, {"round": round_number}):
        statement, answer = row.pop("statement"), row.pop("reference_answer")
        node = Node(**row)
        if nodes and node.tree_id != nodes[0].tree_id:
            yield rstar_row(*problem, nodes)
            nodes = []
        problem = (statement, answer)
        nodes.append(node)
    if nodes:
        yield rstar_row(*problem, nodes)


def _lines(path: Path, rows: Iterable[Mapping[str, object]]) -> int:
    return _texts(path, (f"{_json(row)}\n" for row in rows), "", "")


def _array(path: Path, rows: Iterable[Mapping[str, object]]) -> int:
    return _texts(path, (f"{',' * bool(number)}\n{_json(row)}" for number, row in enumerate(rows)), "[", "\n]\n")


def _texts(path: Path, texts: Iterable[str], opening: str, closing: str) -> int:
    """Return how many texts were written; the file appears by a rename."""
    part = path.with_name(f"{path.name}.part")
    n_rows = 0
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(opening)
            for text in texts:
                file.write(text)
                n_rows += 1
            file.write(closing)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return n_rows


def _json(row: Mapping[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False)
