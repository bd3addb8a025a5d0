"""What `stargrove status` shows: the home and what runs on it, then its rounds."""

from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.display.progress.stage import duration
from flows.home.status import HomeStatus, Now, RoundState

STYLES = {"promoted": "green", "running": "yellow", "rejected": "red", "failed": "red"}


def status_view(status: HomeStatus, now: datetime) -> RenderableType:
    """Return the status for people. now: the time from which ages are counted."""
    facts = Table.grid(padding=(0, 2, 0, 0))
    for name, value in (("home", str(status.home)), ("lake", status.place), *_at_work(status, now), ("review", status.review)):
        facts.add_row(Text(name, style="dim"), Text(value, overflow="fold"))
    return Group(facts, "", _rounds(status, now)) if status.rounds else facts


def _at_work(status: HomeStatus, now: datetime) -> list[tuple[str, str]]:
    """Return what runs, what that waits for, and what to do, as names and lines."""
    rows = [("runs", _worker(status))]
    if status.writer is not None:
        doing = "writes since" if status.writer.is_writing else "wrote"
        when = _ago(status.writer.taken_at, now)
        rows.append(("writer", f"process {status.writer.process_id} on {status.writer.machine} {doing} {when}"))
    last = status.rounds[-1] if status.rounds else None
    if last is not None and status.now is not None:
        rows.append(("at" if status.holder else "stopped at", _stage(last, status.now, now)))
        if status.now.following:
            rows.append(("then", ", ".join(status.now.following)))
    return rows + [("next", line) for line in status.advice]


def _worker(status: HomeStatus) -> str:
    if status.holder is None:
        return "nothing on this machine" if status.is_shared else "nothing"
    command = status.holder.command or "it cannot be seen from here: another container, or another machine"
    return f"{status.holder.line}: {command}"


def _stage(last: RoundState, at: Now, now: datetime) -> str:
    of = f"round {last.round}"
    committed = f"{last.last_stage} was committed {_ago(last.last_committed_at, now)}" if last.last_committed_at else ""
    return " · ".join(part for part in (of, at.label, at.detail, committed) if part)


def _rounds(status: HomeStatus, now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("round", "status", "began", "took", "committed last"):
        table.add_column(heading, justify="right" if heading in ("round", "took") else "left", no_wrap=True)
    for one in status.rounds:
        ended = one.finished_at or one.last_committed_at or now
        took = duration((ended - one.started_at).total_seconds())
        of = f"{one.round} of {status.n_rounds}" if status.n_rounds and one is status.rounds[-1] else str(one.round)
        style = STYLES.get(one.status, "")
        table.add_row(of, Text(one.status, style=style), f"{one.started_at:%Y-%m-%d %H:%M} UTC", took, one.last_stage or "")
    return table


def _ago(moment: datetime, now: datetime) -> str:
    return f"{duration(max(0.0, (now - moment).total_seconds()))} ago"
