"""What `stargrove gates --rows` shows below its tables: the rows that break each failed expectation."""

from pathlib import Path
from typing import Final

from flows.display.tables.gates import gate_results
from warehouse.gates.rows import failing_rows
from warehouse.measured import GateResult
from warehouse.sql.text_table import table_lines
from warehouse.store.lake import Warehouse

_MAX_ROWS: Final = 50
"""Rows that are shown of an expectation; the line above them says how many there are."""


def broken_rows(home: Path, round_number: int | None, width: int) -> str:
    """Return the rows that break the failed expectations of a round, or of all rounds, as the lake is now.

    width: columns for which wide values are cut.
    """
    with Warehouse.open(home, read_only=True) as lake:
        failed = [one for one in gate_results(lake, round_number) if not one[1].passed and round_number in (None, one[0])]
        return "\n".join(_broken(lake, number, result, width) for number, result in failed)


def _broken(lake: Warehouse, round_number: int, result: GateResult, width: int) -> str:
    found = failing_rows(lake, round_number, result, _MAX_ROWS)
    n_shown = found.rows.height
    count = f"{found.n_rows:,} rows" if n_shown == found.n_rows else f"{n_shown:,} of {found.n_rows:,} rows"
    title = f"round {round_number} · {result.gate} gate · {result.expectation} (needed: {result.needed}): {count}"
    return "\n".join((title, *(table_lines(found.rows, width) if n_shown else ()))) + "\n"
