"""Rows as an aligned text table, the same on a terminal, in a pipe and in a README."""

from typing import Final

import polars as pl

_MAX_CELL_CHARACTERS: Final = 60
_MAX_ROWS: Final = 200


def text_table(frame: pl.DataFrame) -> str:
    """Return the first rows as text: numbers to the right, line breaks as \\n, long cells cut with an ellipsis."""
    lines = table_lines(frame.head(_MAX_ROWS))
    if frame.height > _MAX_ROWS:
        lines.append(f"... {frame.height - _MAX_ROWS} more rows; --format csv prints them all")
    lines.append(f"({frame.height} {'row' if frame.height == 1 else 'rows'})")
    return "\n".join(lines) + "\n"


def table_lines(shown: pl.DataFrame) -> list[str]:
    """Return the lines of a table with all its rows: the names of the columns, a rule, and a line for each row."""
    columns = [_column(shown[name]) for name in shown.columns]
    rows = [shown.columns, *(list(cells) for cells in zip(*columns, strict=True))] if columns else []
    widths = [max(len(row[index]) for row in rows) for index in range(len(columns))]
    to_right = [kind.is_numeric() for kind in shown.dtypes]
    lines = [_line(row, widths, to_right) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return lines


def _column(series: pl.Series) -> list[str]:
    return [_cell(value) for value in series.to_list()]


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    text = text.replace("\n", "\\n")
    return text if len(text) <= _MAX_CELL_CHARACTERS else text[: _MAX_CELL_CHARACTERS - 3] + "..."


def _line(cells: list[str], widths: list[int], to_right: list[bool]) -> str:
    padded = [
        cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(cells, widths, to_right, strict=True)
    ]
    return "  ".join(padded).rstrip()
