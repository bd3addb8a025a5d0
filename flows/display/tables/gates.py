"""What `stargrove gates` shows: each gate's expectations, observed against needed, and what earlier rounds observed."""

from collections.abc import Iterable
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from warehouse.errors import BadInput
from warehouse.gates.report import rows_command
from warehouse.measured import GateResult
from warehouse.store.lake import Warehouse

_SQL = """
select gate_results.round, gate, expectation, table_name, column_name, observed, needed, passed, n_failing, hint,
    override_reason, settings_json
from gate_results
inner join batches on batches.batch_id = gate_results.batch_id
where $round::integer is null or gate_results.round <= $round::integer
order by gate_results.round, batches.committed_at, gate, passed, expectation, table_name, column_name
"""

_MAX_EARLIER = 4
"""Earlier rounds that a line shows; all of them: stargrove sql --file gate_trend."""

History = dict[tuple[str, str], list[tuple[int, GateResult]]]
"""The results of an expectation by gate and claim, round by round."""


def gate_tables(home: Path, round_number: int | None, *, failed_only: bool) -> RenderableType:
    """Return a table per round and gate, failures first. Raises BadInput where no gate has run yet."""
    with Warehouse.open(home, read_only=True) as lake:
        found = gate_results(lake, round_number)
    gates: dict[tuple[int, str], list[GateResult]] = {}
    history: History = {}
    for number, result in found:
        gates.setdefault((number, result.gate), []).append(result)
        history.setdefault((result.gate, result.expectation), []).append((number, result))
    wanted = {key: results for key, results in gates.items() if round_number in (None, key[0])}
    if not wanted:
        where = home if round_number is None else f"round {round_number} of {home}"
        raise BadInput(f"no gate has run in {where} yet", hint="gates run within: stargrove evolve")
    return Group(*(_gate(*key, results, history, failed_only=failed_only) for key, results in wanted.items()))


def gate_results(lake: Warehouse, round_number: int | None) -> list[tuple[int, GateResult]]:
    """Return the results of all rounds, or of those up to one, each with its round: gates as they ran, failures first."""
    rows = lake.query(_SQL, round=round_number)
    return [(row.pop("round"), GateResult(**row)) for row in rows.iter_rows(named=True)]


def trend(earlier: Iterable[tuple[int, GateResult]]) -> str:
    """Return what earlier rounds observed, oldest first: figures as they are, for rows how many broke the expectation."""
    seen = [(number, result) for number, result in earlier]
    return "  ".join(f"r{number} {_short(result)}" for number, result in seen[-_MAX_EARLIER:])


def _short(result: GateResult) -> str:
    try:
        return f"{float(result.observed):.4g}"
    except ValueError:
        return f"{result.n_failing}"


def _gate(round_number: int, gate: str, results: list[GateResult], history: History, *, failed_only: bool) -> Group:
    n_failed = sum(not result.passed for result in results)
    verdict = Text(f"{n_failed} failed", style="bold red") if n_failed else Text("passed", style="bold green")
    title = Text.assemble((f"round {round_number} · {gate} gate: ", "bold"), verdict, f" ({len(results)} expectations)")
    reason = next((result.override_reason for result in results if result.override_reason), None)
    parts: list[RenderableType] = [title]
    if reason:
        parts.append(Text(f"let through by hand: {reason}", style="yellow"))
    shown = [result for result in results if not (failed_only and result.passed)]
    if shown:
        parts.append(_table(round_number, shown, history))
    if n_failed:
        parts.append(Text(f"see the rows: {rows_command(round_number)}"))
    return Group(*parts, "")


def _table(round_number: int, results: list[GateResult], history: History) -> Table:
    table = Table("", "expectation", "observed", "needed", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    before = {
        result.expectation: [one for one in history[result.gate, result.expectation] if one[0] < round_number]
        for result in results
    }
    with_trend = any(before.values())
    if with_trend:
        table.add_column("earlier rounds")
    for result in results:
        mark = Text("✓", style="green") if result.passed else Text("✗", style="red")
        cells = [result.expectation, result.observed, result.needed]
        table.add_row(mark, *cells, *([trend(before[result.expectation])] if with_trend else []))
    return table
