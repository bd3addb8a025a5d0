"""What a report is made of: sections with a text, tables and perhaps a picture. Markdown and HTML are written from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

NOT_MEASURED: Final = "not measured"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of text. columns: its head."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report. picture: SVG of what its tables say, for where pictures can be shown."""

    title: str
    text: str = ""
    grids: tuple[Grid, ...] = ()
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. facts: what stands at its beginning, a line each."""

    title: str
    facts: tuple[str, ...]
    sections: tuple[Section, ...]


def markdown(report: Report) -> str:
    """Return the report as Markdown: its tables, without the pictures."""
    parts = [f"# {report.title}", "\n".join(f"- {fact}" for fact in report.facts)]
    for section in report.sections:
        parts += [f"## {section.title}", section.text, *map(_markdown_table, section.grids)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_table(grid: Grid) -> str:
    lines = [_markdown_row(grid.columns), f"|{'---|' * len(grid.columns)}", *map(_markdown_row, grid.rows)]
    return "\n".join(lines)


def _markdown_row(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", r"\|").replace("\n", " ") for cell in cells)
    return f"| {' | '.join(escaped)} |"
