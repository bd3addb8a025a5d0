"""What a person is shown who decides about a held round, and the commands with which to decide."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from warehouse.gates.report import GateReport, gate_markdown
from warehouse.measured import GateResult
from warehouse.store.lake import Warehouse

_SHARES: Final = {
    "coverage": "coverage",
    "coverage_so_far": "coverage so far",
    "greedy_pass_1": "greedy pass@1",
    "maj": "majority vote",
    "best_of": "best by PPM",
    "random_of": "one at random",
    "ppm_pair_accuracy": "PPM pair accuracy",
    "lucky_share": "lucky code",
}
_COUNTS: Final = {"n_sft_examples": "SFT examples", "n_pairs": "preference pairs"}
"""Columns of the query round_summary, and what they are called here."""

_RESULTS: Final = """
select gate, expectation, table_name, column_name, observed, needed, passed, n_failing, hint, override_reason, settings_json
from gate_results where round = $round and gate = 'promotion' order by expectation, table_name, column_name
"""


def review_commands(home: Path, round_number: int) -> str:
    """Return the commands with which a person decides about a held round, in one line."""
    return " or: ".join(decision_commands(home, round_number))


def decision_commands(home: Path, round_number: int) -> tuple[str, str]:
    """Return the command that promotes a held round, and the one that rejects it."""
    promote, reject = (f"stargrove {verb} --round {round_number} --reason WHY --home {home}" for verb in ("promote", "reject"))
    return promote, reject


def review_markdown(lake: Warehouse, round_number: int) -> str:
    """Return the summary of a round beside the one that it builds on, its promotion gate, and what to type, as Markdown."""
    before = max((number for number in lake.turn(round_number).line if number < round_number), default=0)
    rows = {row["round"]: row for row in lake.query("round_summary", split="validation").iter_rows(named=True)}
    results = tuple(GateResult(**row) for row in lake.query(_RESULTS, round=round_number).iter_rows(named=True))
    compare = f"stargrove diff --round {before} --round {round_number} --home {lake.home}"
    return "\n".join(
        [
            f"# Round {round_number} is held for review",
            "",
            f"| validation problems | {f'round {before}' if before else 'base'} | round {round_number} |",
            "|---|---|---|",
            *_lines(rows.get(before, {}), rows.get(round_number, {})),
            "",
            gate_markdown(GateReport("promotion", round_number, results)),
            "Look closer, then decide:",
            "",
            "```",
            *([compare] if before else []),
            *decision_commands(lake.home, round_number),
            "```",
            "",
        ]
    )


def _lines(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return a line for each figure that one of two rounds has."""
    named = [
        *((name, column, "{:.1%}") for column, name in _SHARES.items()),
        *((name, column, "{:,}") for column, name in _COUNTS.items()),
    ]
    lines = []
    for name, column, form in named:
        cells = ["" if row.get(column) is None else form.format(row[column]) for row in (before, after)]
        if any(cells):
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines
