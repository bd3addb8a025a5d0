"""Rows as text: an aligned table, or a block of lines for each row. Nothing is cut but for a terminal that is too narrow."""

from typing import Final

import polars as pl
from rich.cells import cell_len, set_cell_size

from warehouse.printable import one_line, printable

MAX_ROWS: Final = 200
"""Rows that are shown; the line below them says how many there are."""

_GAP: Final = "  "
_LEAST_TEXT: Final = 8
"""Columns of text become no narrower than this; numbers are never cut."""


def text_table(frame: pl.DataFrame, width: int | None = None) -> str:
    """Return the first rows as text: numbers to the right, line breaks as \\n.

    width: that of the terminal, for which wide values are cut with an ellipsis; None cuts nothing.
    """
    return "\n".join([*table_lines(frame.head(MAX_ROWS), width), *_counted(frame)]) + "\n"


def vertical(frame: pl.DataFrame) -> str:
    """Return the first rows as text, one column to a line and every value whole."""
    names = [one_line(name) for name in frame.columns]
    indent = max(map(cell_len, names), default=0) + len(_GAP)
    lines = []
    for number, row in enumerate(frame.head(MAX_ROWS).iter_rows(), start=1):
        lines.append(f"-[ row {number} ]".ljust(indent + 12, "-"))
        for name, value in zip(names, row, strict=True):
            first, *more = printable(_text(value)).split("\n")
            lines.append(f"{_padded(name, indent)}{first}".rstrip())
            lines += [f"{' ' * indent}{line}".rstrip() for line in more]
    return "\n".join([*lines, *_counted(frame)]) + "\n"


def table_lines(shown: pl.DataFrame, width: int | None = None) -> list[str]:
    """Return the lines of a table with all its rows: the names of the columns, a rule, and a line for each row."""
    columns = [[one_line(name), *(one_line(_text(value)) for value in shown[name].to_list())] for name in shown.columns]
    is_number = [kind.is_numeric() for kind in shown.dtypes]
    widths = [max(map(cell_len, column)) for column in columns]
    if width is not None:
        widths = _fitted(widths, is_number, width)
    columns = [[_cut(cell, limit) for cell in column] for column, limit in zip(columns, widths, strict=True)]
    lines = [_line(row, widths, is_number) for row in zip(*columns, strict=True)]
    lines.insert(1, _GAP.join("-" * limit for limit in widths))
    return lines


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _counted(frame: pl.DataFrame) -> list[str]:
    more = frame.height - MAX_ROWS
    left_out = [f"... {more} more rows; --output FILE or --format csv gives them all"] if more > 0 else []
    return [*left_out, f"({frame.height} {'row' if frame.height == 1 else 'rows'})"]


def _fitted(widths: list[int], is_number: list[bool], width: int) -> list[int]:
    """Return widths that fit together: the widest columns of text give way first, all of those to the same width."""
    room = width - len(_GAP) * (len(widths) - 1) - sum(one for one, number in zip(widths, is_number, strict=True) if number)
    texts = sorted(one for one, number in zip(widths, is_number, strict=True) if not number)
    for place, one in enumerate(texts):
        share = max(_LEAST_TEXT, room // (len(texts) - place))
        if one > share:
            return [limit if number else min(limit, share) for limit, number in zip(widths, is_number, strict=True)]
        room -= one
    return widths


def _cut(cell: str, width: int) -> str:
    return cell if cell_len(cell) <= width else set_cell_size(cell, width - 1) + "…"


def _padded(cell: str, width: int) -> str:
    return cell + " " * (width - cell_len(cell))


def _line(cells: tuple[str, ...], widths: list[int], to_right: list[bool]) -> str:
    padded = [
        " " * (width - cell_len(cell)) + cell if right else _padded(cell, width)
        for cell, width, right in zip(cells, widths, to_right, strict=True)
    ]
    return _GAP.join(padded).rstrip()
