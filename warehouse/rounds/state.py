"""Rounds and checkpoints: the few rows that change. Each function is one statement or more inside the caller's transaction."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Final

import duckdb

from warehouse.errors import BadInput, WarehouseError
from warehouse.records import CheckpointKind, CheckpointRow, RoundRow, RoundStatus

_FINISHED: Final = ("promoted", "rejected", "failed")

Cursor = duckdb.DuckDBPyConnection


def start(cursor: Cursor, row: RoundRow) -> None:
    """Insert the round, or set it running again, keeping what it has achieved.

    Raises BadInput when the round was begun with another fingerprint: two sets of settings must not mix in one round.
    """
    found = read(cursor, row.round)
    if found is None:
        names = [field.name for field in fields(RoundRow)]
        columns = ", ".join(f"${name} as {name}" for name in names)
        sql = f"insert into rounds by name select {columns}, now() as started_at, null::timestamptz as finished_at"
        cursor.execute(sql, asdict(row) | {"set_aside": list(row.set_aside)})
        return
    if found.fingerprint != row.fingerprint:
        raise BadInput(
            f"round {row.round} was begun with other settings (fingerprint {found.fingerprint}, now {row.fingerprint})",
            hint="use the settings it was begun with, or name another --home: one home holds one evolution",
        )
    cursor.execute(
        """update rounds set status = 'running', finished_at = null, flow_run_id = $flow_run_id, code_version = $code_version
        where round = $round and status not in ('held', 'promoted', 'superseded')""",
        {"round": row.round, "flow_run_id": row.flow_run_id, "code_version": row.code_version},
    )


def read(cursor: Cursor, round_number: int) -> RoundRow | None:
    """Return the round, or None where it was never started."""
    return next(iter(_rows(cursor, "round = ?", round_number)), None)


def read_all(cursor: Cursor) -> list[RoundRow]:
    """Return every round that was begun, by number."""
    return _rows(cursor, "true")


def set_status(cursor: Cursor, round_number: int, status: RoundStatus) -> None:
    """Set the status of the round, and when it finished."""
    needed(cursor, round_number)
    finished = "now()" if status in _FINISHED else "null"
    cursor.execute(f"update rounds set status = ?, finished_at = {finished} where round = ?", [status, round_number])


def set_candidates(cursor: Cursor, round_number: int, policy_id: str, ppm_id: str | None) -> None:
    """Record which checkpoints the round trained."""
    needed(cursor, round_number)
    cursor.execute(
        "update rounds set candidate_policy_id = ?, candidate_ppm_id = ? where round = ?", [policy_id, ppm_id, round_number]
    )


def pin_snapshot(cursor: Cursor, round_number: int) -> int:
    """Return the snapshot that the trainers of the round read: the one decided by the first call."""
    row = needed(cursor, round_number)
    if row.snapshot_id is not None:
        return row.snapshot_id
    latest = cursor.execute("select id from ducklake_current_snapshot('lake')").fetchone()
    assert latest is not None
    cursor.execute("update rounds set snapshot_id = ? where round = ?", [latest[0], round_number])
    return int(latest[0])


def record_checkpoint(cursor: Cursor, checkpoint: CheckpointRow) -> None:
    """Insert the checkpoint. One that is there already keeps its row and its status: checkpoints are immutable."""
    if find_checkpoint(cursor, checkpoint.checkpoint_id) is None:
        columns = ", ".join(f"${field.name} as {field.name}" for field in fields(CheckpointRow))
        cursor.execute(f"insert into checkpoints by name select {columns}, now() as created_at", asdict(checkpoint))


def find_checkpoint(cursor: Cursor, checkpoint_id: str) -> CheckpointRow | None:
    """Return the checkpoint of this id."""
    return _checkpoint(cursor, "checkpoint_id = ?", checkpoint_id)


def current_checkpoint(cursor: Cursor, kind: CheckpointKind) -> CheckpointRow | None:
    """Return the checkpoint of this kind that the next round searches with."""
    return _checkpoint(cursor, "status = 'current' and kind = ?", kind)


def promote(cursor: Cursor, round_number: int, policy_id: str, ppm_id: str | None) -> None:
    """Make the checkpoints the current ones, retire those before them, and close the round. Doing it twice changes nothing."""
    needed(cursor, round_number)
    for checkpoint_id in filter(None, (policy_id, ppm_id)):
        found = find_checkpoint(cursor, checkpoint_id)
        if found is None:
            raise WarehouseError(f"checkpoint {checkpoint_id} is not in the lake", hint="record it before it is promoted")
        cursor.execute(
            "update checkpoints set status = 'retired' where status = 'current' and kind = ? and checkpoint_id <> ?",
            [found.kind, checkpoint_id],
        )
        cursor.execute("update checkpoints set status = 'current' where checkpoint_id = ?", [checkpoint_id])
    set_candidates(cursor, round_number, policy_id, ppm_id)
    set_status(cursor, round_number, "promoted")


def reject(cursor: Cursor, round_number: int) -> None:
    """Close the round as rejected, its candidates with it; the current checkpoints stay. Its rows can still be queried."""
    row = needed(cursor, round_number)
    cursor.execute(
        "update checkpoints set status = 'rejected' where status = 'candidate' and checkpoint_id in (?, ?)",
        [row.candidate_policy_id, row.candidate_ppm_id],
    )
    set_status(cursor, round_number, "rejected")


def supersede(cursor: Cursor, numbers: Sequence[int]) -> None:
    """Take rounds off the line, whatever they were; candidates of theirs that were never current are rejected."""
    cursor.execute(
        "update rounds set status = 'superseded', finished_at = coalesce(finished_at, now()) where list_contains(?, round)",
        [list(numbers)],
    )
    cursor.execute(
        "update checkpoints set status = 'rejected' where status = 'candidate' and list_contains(?, round)", [list(numbers)]
    )


def restore(cursor: Cursor, line: Sequence[int]) -> None:
    """Make what the last round of a line trained current, and rounds of the line that were superseded promoted again."""
    cursor.execute(
        "update rounds set status = 'promoted' where status = 'superseded' and list_contains(?, round)", [list(line)]
    )
    rows = [row for row in read_all(cursor) if row.round in line]
    policies = [row.candidate_policy_id for row in rows if row.candidate_policy_id]
    ppms = [row.candidate_ppm_id for row in rows if row.candidate_ppm_id]
    current = [*policies[-1:], *ppms[-1:]]
    cursor.execute(
        """update checkpoints set status = case when list_contains($current, checkpoint_id) then 'current' else 'retired' end
        where status in ('current', 'retired') and kind in ('policy', 'ppm')""",
        {"current": current},
    )


def refuse_new_problems(cursor: Cursor, staged: str) -> None:
    """Raise BadInput where a view brings training problems that are new while a round is unfinished.

    Its shards are positions among the problems: resumed among others, it would search some twice and some never.
    """
    unfinished = cursor.execute(
        "select round, status from rounds where status not in ('promoted', 'superseded') order by round"
    ).fetchone()
    if unfinished is None:
        return
    new = cursor.execute(
        f"""select count(distinct problem_id) from {staged} as staged
        anti join problems on problems.problem_id = staged.problem_id where staged.split = 'train'"""
    ).fetchone()
    if new and new[0]:
        number, status = unfinished
        raise BadInput(
            f"nothing ingested: {new[0]} new training problems would shift the shards of round {number}, which is {status}",
            hint="finish it with `stargrove evolve` (a refused round: --override REASON; a held one: stargrove promote), or "
            "ingest into another --home",
        )


def needed(cursor: Cursor, round_number: int) -> RoundRow:
    """Return the round. Raises BadInput where it was never started."""
    row = read(cursor, round_number)
    if row is None:
        raise BadInput(f"round {round_number} is not in the lake", hint="list the rounds with: stargrove sql 'from rounds'")
    return row


def _rows(cursor: Cursor, condition: str, *values: object) -> list[RoundRow]:
    # A lake that an earlier version wrote is read before it is brought up to date, and has not every column yet.
    sql = f"select * exclude (started_at, finished_at) from rounds where {condition} order by round"
    found = cursor.execute(sql, list(values))
    names = [column[0] for column in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [RoundRow(**row | {"set_aside": tuple(row.get("set_aside") or ())}) for row in rows]


def _checkpoint(cursor: Cursor, condition: str, value: str) -> CheckpointRow | None:
    columns = ", ".join(field.name for field in fields(CheckpointRow))
    row = cursor.execute(
        f"select {columns} from checkpoints where {condition} order by round desc, checkpoint_id limit 1", [value]
    ).fetchone()
    return None if row is None else CheckpointRow(*row)
