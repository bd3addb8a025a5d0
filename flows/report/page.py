"""A report as one page of HTML that asks no other host for anything: styles and pictures stand in it."""

import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from flows.display.pictures.svg import FONT, INK, MUTED, PANEL, RULE
from flows.report.document import NOT_MEASURED, Grid, Report, Section
from flows.report.settings_compared import NO_REASON, UNKNOWN

_STYLE: Final = f"""
body {{ font: 15px/1.5 {FONT}; color: {INK}; max-width: 1180px; margin: 2.5rem auto; padding: 0 1.5rem; }}
h1 {{ font-size: 1.7rem; margin-bottom: .5rem; }} h2 {{ font-size: 1.15rem; margin: 2.5rem 0 .5rem; }}
p, li {{ max-width: 52rem; }} p, .facts {{ color: {MUTED}; }} svg {{ max-width: 100%; height: auto; }}
.wide {{ overflow-x: auto; margin: .75rem 0; }} table {{ border-collapse: collapse; font-size: 13px; }}
th, td {{ padding: .35rem .7rem; text-align: left; vertical-align: top; border-bottom: 1px solid {RULE}; }}
th {{ background: {PANEL}; font-weight: 600; white-space: nowrap; }} td {{ font-variant-numeric: tabular-nums; }}
nav {{ columns: 2; font-size: 13px; max-width: 52rem; }} a {{ color: #1d4ed8; text-decoration: none; }}
.same {{ color: #15803d; }} .different {{ color: #b45309; font-weight: 600; }}
.unknown {{ color: {MUTED}; font-style: italic; }}
@media print {{ body {{ margin: 0; }} h2 {{ break-after: avoid; }} svg, tr {{ break-inside: avoid; }} }}
"""

_CLASSES: Final = {"same": "same", "different": "different", **dict.fromkeys((NOT_MEASURED, NO_REASON, UNKNOWN), "unknown")}
"""How the cells look that say no more than a verdict."""


def page(report: Report) -> str:
    """Return the report as a whole HTML document."""
    title = escape(report.title)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    facts = "".join(f"<li>{escape(fact)}</li>" for fact in report.facts)
    links = "".join(f'<div><a href="#{_anchor(one)}">{escape(one.title)}</a></div>' for one in report.sections)
    body = "".join(part for section in report.sections for part in _section(section))
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}<style>{_STYLE}</style></head>\n'
        f'<body><h1>{title}</h1><ul class="facts">{facts}</ul><nav>{links}</nav>{body}</body></html>\n'
    )


def _section(section: Section) -> Iterator[str]:
    yield f'\n<h2 id="{_anchor(section)}">{escape(section.title)}</h2>'
    if section.text:
        text = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(section.text))
        yield f"<p>{text}</p>"
    yield section.picture
    yield from map(_table, section.grids)


def _table(grid: Grid) -> str:
    body = "".join(_row("td", row) for row in grid.rows)
    return f'<div class="wide"><table><thead>{_row("th", grid.columns)}</thead><tbody>{body}</tbody></table></div>'


def _row(kind: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(_cell(kind, cell) for cell in cells)}</tr>"


def _cell(kind: str, text: str) -> str:
    look = f' class="{_CLASSES[text]}"' if text in _CLASSES else ""
    return f"<{kind}{look}>{escape(text)}</{kind}>"


def _anchor(section: Section) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in section.title.lower()).split())
