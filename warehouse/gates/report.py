"""What a gate found, for people: one line for the terminal, a table for the artifact."""

from dataclasses import dataclass, replace
from typing import Self

from warehouse.errors import GateRefused
from warehouse.measured import GateResult


@dataclass(frozen=True, slots=True)
class GateReport:
    """The results of one gate in one round. override_reason: why a person lets the round pass all the same, else None."""

    gate: str
    round: int
    results: tuple[GateResult, ...]
    override_reason: str | None = None

    @property
    def failed(self) -> tuple[GateResult, ...]:
        """The expectations that did not hold."""
        return tuple(result for result in self.results if not result.passed)

    @property
    def passed(self) -> bool:
        """Whether every expectation held."""
        return not self.failed

    @property
    def accepted(self) -> bool:
        """Whether the next stage may start: the gate passed, or a person overrode it with a reason."""
        return self.passed or self.override_reason is not None

    def overridden(self, reason: str | None) -> Self:
        """Return the report with the reason of an override, if there is one, in each result that it concerns."""
        if reason is None or self.passed:
            return self
        results = tuple(result if result.passed else replace(result, override_reason=reason.strip()) for result in self.results)
        return replace(self, results=results, override_reason=reason.strip())

    def refusal(self) -> GateRefused:
        """Return the error that stops the round: which expectations failed, with what, and how to see the rows."""
        first = self.failed[0]
        others = f" (and {len(self.failed) - 1} more of {len(self.results)} expectations)" if len(self.failed) > 1 else ""
        found = f"{first.expectation}: observed {first.observed}, needed {first.needed}{others}"
        return GateRefused(f"{self.gate} gate of round {self.round}: {found}", hint=f"see the rows with: {first.hint}")


def rows_command(round_number: int) -> str:
    """Return the command that shows the rows which failed the gates of a round."""
    return f"stargrove gates --round {round_number} --rows"


def gate_markdown(report: GateReport) -> str:
    """Return the report as Markdown: the verdict, then observed against needed for every expectation, failures first."""
    n_failed = len(report.failed)
    verdict = "passed" if report.passed else f"{n_failed} of {len(report.results)} expectations failed"
    lines = [f"## {report.gate} gate, round {report.round}: {verdict}", ""]
    if not report.passed and report.override_reason is not None:
        lines += [f"Overridden: {_cell(report.override_reason)}", ""]
    lines += ["| | expectation | table | column | observed | needed |", "|---|---|---|---|---|---|"]
    for result in (*report.failed, *(result for result in report.results if result.passed)):
        cells = (result.expectation, result.table_name, result.column_name, result.observed, result.needed)
        lines.append(f"| {'ok' if result.passed else '**failed**'} | {' | '.join(_cell(cell) for cell in cells)} |")
    if report.failed:
        lines += ["", f"Show the failing rows: `{rows_command(report.round)}`"]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
