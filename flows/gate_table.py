"""What `stargrove gates` shows: each gate's expectations, observed against needed."""

from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from warehouse.errors import BadInput
from warehouse.records import GateResult
from warehouse.store import Warehouse

_SQL = """
select round, gate, expectation, table_name, column_name, observed, needed, passed, n_failing, hint, override_reason
from gate_results
where $round::integer is null or round = $round::integer
order by round, gate, passed, expectation, table_name, column_name
"""


def gate_tables(home: Path, round_number: int | None, *, failed_only: bool) -> RenderableType:
    """Return a table per round and gate, failures first. Raises BadInput where no gate has run yet."""
    with Warehouse.open(home, read_only=True) as lake:
        rows = lake.query(_SQL, round=round_number)
    gates: dict[tuple[int, str], list[GateResult]] = {}
    for row in rows.iter_rows(named=True):
        gates.setdefault((row.pop("round"), row["gate"]), []).append(GateResult(**row))
    if not gates:
        where = home if round_number is None else f"round {round_number} of {home}"
        raise BadInput(f"no gate has run in {where} yet", hint="gates run within: stargrove evolve")
    return Group(*(_gate(number, gate, results, failed_only=failed_only) for (number, gate), results in gates.items()))


def _gate(round_number: int, gate: str, results: list[GateResult], *, failed_only: bool) -> Group:
    n_failed = sum(not result.passed for result in results)
    verdict = Text(f"{n_failed} failed", style="bold red") if n_failed else Text("passed", style="bold green")
    title = Text.assemble((f"round {round_number} · {gate} gate: ", "bold"), verdict, f" ({len(results)} expectations)")
    reason = next((result.override_reason for result in results if result.override_reason), None)
    parts: list[RenderableType] = [title]
    if reason:
        parts.append(Text(f"let through by hand: {reason}", style="yellow"))
    shown = [result for result in results if not (failed_only and result.passed)]
    if shown:
        parts.append(_table(shown))
    parts += [Text(f"see the rows: {result.hint}") for result in shown if not result.passed]
    return Group(*parts, "")


def _table(results: list[GateResult]) -> Table:
    table = Table("", "expectation", "observed", "needed", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for result in results:
        mark = Text("✓", style="green") if result.passed else Text("✗", style="red")
        table.add_row(mark, result.expectation, result.observed, result.needed)
    return table
