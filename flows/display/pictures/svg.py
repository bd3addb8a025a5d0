"""The few shapes that the pictures are made of, as SVG text. Lengths are in pixels."""

import base64
from collections.abc import Iterable
from html import escape

INK = "#16202e"
MUTED = "#64748b"
RULE = "#e2e8f0"
PAPER = "#ffffff"
PANEL = "#f8fafc"
FONT = "ui-sans-serif, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"


def document(width: float, height: float, title: str, parts: Iterable[str]) -> str:
    """Return a whole picture on a white card, readable on light and dark pages alike."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" '
        f'role="img" font-family="{FONT}"><title>{escape(title)}</title>'
        + rectangle(0.5, 0.5, width - 1, height - 1, fill=PAPER, stroke=RULE, radius=12)
        + "".join(parts)
        + "</svg>"
    )


def data_url(svg: str) -> str:
    """Return the picture as a URL that carries it, for places that load images but no files."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def text(
    x: float, y: float, content: str, *, size: float = 12, color: str = INK, weight: int = 400, anchor: str = "start"
) -> str:
    """Return a line of text with its baseline at y. anchor: start, middle or end."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{color}" font-weight="{weight}" text-anchor="{anchor}">'
        f"{escape(content)}</text>"
    )


def rectangle(x: float, y: float, width: float, height: float, *, fill: str, stroke: str = "none", radius: float = 6) -> str:
    """Return a rectangle with round corners."""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:g}"'
    return f'<rect {place} fill="{fill}" stroke="{stroke}"/>'


def line(x1: float, y1: float, x2: float, y2: float, *, color: str = RULE, width: float = 1) -> str:
    """Return a straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}" stroke-width="{width:g}"/>'


def path(commands: str, *, color: str, width: float = 2, dashed: str = "") -> str:
    """Return an open path. dashed: lengths of dash and gap."""
    dash = f' stroke-dasharray="{dashed}"' if dashed else ""
    return (
        f'<path d="{commands}" fill="none" stroke="{color}" stroke-width="{width:g}" stroke-linecap="round" '
        f'stroke-linejoin="round"{dash}/>'
    )


def circle(x: float, y: float, radius: float, *, fill: str) -> str:
    """Return a disc with a white rim, so that it stands apart from the lines that it lies on."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}" stroke="{PAPER}" stroke-width="2"/>'


def arrow(x1: float, y1: float, x2: float, y2: float, *, color: str, dashed: str = "") -> str:
    """Return a curve that leaves to the right and arrives from the left, with a head."""
    bend = max(16.0, abs(x2 - x1) / 2)
    head = f"M {x2 - 6:.1f} {y2 - 4:.1f} L {x2:.1f} {y2:.1f} L {x2 - 6:.1f} {y2 + 4:.1f}"
    curve = f"M {x1:.1f} {y1:.1f} C {x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
    return path(curve, color=color, width=1.5, dashed=dashed) + path(head, color=color, width=1.5)
