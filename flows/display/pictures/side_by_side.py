"""Two panels with the same scale, so that curves of different origin can be compared without being laid over each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from flows.display.pictures import svg
from flows.display.pictures.evolution_curve import LABEL_GAP

WIDTH, HEIGHT = 1080.0, 320.0
PANEL_WIDTH = WIDTH / 2
LEFT, RIGHT, TOP, BOTTOM = 56.0, 176.0, 68.0, 44.0
LEFT_COLORS: Final = ("#334155", "#64748b", "#94a3b8")
RIGHT_COLORS: Final = ("#1d4ed8", "#0f766e", "#c2410c")
"""Of the lines of each panel in their order: what is compared with is grey."""


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: its shares in [0, 1], one per tick of its panel; None leaves a gap."""

    name: str
    shares: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One half of the picture: at most three lines. ticks: what stands below the axis."""

    title: str
    ticks: tuple[str, ...]
    lines: tuple[Line, ...]


def side_by_side_svg(title: str, left: Panel, right: Panel) -> str:
    """Return the picture of both panels; one without any value says that nothing was measured."""
    parts = [svg.text(24, 32, title, size=16, weight=650)]
    parts += _panel(left, 0.0, LEFT_COLORS)
    parts += _panel(right, PANEL_WIDTH, RIGHT_COLORS)
    return svg.document(WIDTH, HEIGHT, title, parts)


def placed(heights: Sequence[float]) -> list[float]:
    """Return where labels stand that want these heights, from top to bottom: apart, and within the panel."""
    found: list[float] = []
    for height in sorted(heights):
        found.append(max(height, found[-1] + LABEL_GAP) if found else height)
    overhang = max(0.0, found[-1] - (HEIGHT - BOTTOM)) if found else 0.0
    return [height - overhang for height in found]


def _panel(panel: Panel, x: float, colors: Sequence[str]) -> Iterator[str]:
    yield svg.text(x + 24, 54, panel.title, color=svg.MUTED)
    lines = [(line, color) for line, color in zip(panel.lines, colors, strict=False) if _points(line, x)]
    if not lines:
        yield svg.text(x + PANEL_WIDTH / 2, HEIGHT / 2, "not measured", color=svg.MUTED, anchor="middle")
        return
    yield from _axes(panel, x)
    for line, color in reversed(lines):  # so that the first lies on top
        points = _points(line, x)
        yield svg.path("M " + " L ".join(f"{px:.1f} {py:.1f}" for px, py in points), color=color, width=2.5)
        yield from (svg.circle(px, py, 4, fill=color) for px, py in points)
    ends = sorted(((_points(line, x)[-1][1], line, color) for line, color in lines), key=lambda end: end[0])
    for y, (_, line, color) in zip(placed([end[0] for end in ends]), ends, strict=True):
        last = next(share for share in reversed(line.shares) if share is not None)
        yield svg.text(
            x + PANEL_WIDTH - RIGHT + 12, y + 4, f"{line.name}  {100 * last:.1f} %", size=11, color=color, weight=600
        )


def _axes(panel: Panel, x: float) -> Iterator[str]:
    for percent in (0, 25, 50, 75, 100):
        y = _y(percent / 100)
        yield svg.line(x + LEFT, y, x + PANEL_WIDTH - RIGHT, y)
        yield svg.text(x + LEFT - 8, y + 4, f"{percent} %", size=11, color=svg.MUTED, anchor="end")
    for place, tick in enumerate(panel.ticks):
        yield svg.text(_x(place, len(panel.ticks), x), HEIGHT - BOTTOM + 22, tick, size=11, color=svg.MUTED, anchor="middle")


def _points(line: Line, x: float) -> list[tuple[float, float]]:
    return [(_x(place, len(line.shares), x), _y(share)) for place, share in enumerate(line.shares) if share is not None]


def _x(place: int, n_ticks: int, x: float) -> float:
    inner = PANEL_WIDTH - LEFT - RIGHT - 28
    return x + LEFT + 14 + (inner / 2 if n_ticks == 1 else inner * place / (n_ticks - 1))


def _y(share: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)
