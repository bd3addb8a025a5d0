"""The evolution curve: how coverage and held-out accuracy move from round to round."""

from collections.abc import Callable, Sequence

from flows.display.pictures import svg
from flows.display.tables.rounds import RoundSummary, samples_shown

WIDTH, HEIGHT = 860.0, 440.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 190.0, 92.0, 52.0
LABEL_GAP = 16.0
"""Labels at the ends of lines keep at least this distance."""

Share = Callable[[RoundSummary], float | None]

SERIES: tuple[tuple[str, str, str, Share], ...] = (
    ("coverage so far", "#1d4ed8", "", lambda one: one.coverage_so_far),
    ("coverage this round", "#60a5fa", "4 5", lambda one: one.coverage),
    ("best-of-{k} by PPM", "#0f766e", "", lambda one: one.best_of),
    ("maj@{k}", "#7c3aed", "4 5", lambda one: one.maj),
    ("greedy pass@1", "#c2410c", "", lambda one: one.greedy_pass_1),
)
"""Name, color, dashes and value of each curve; solid ones are what the loop is judged by. k: answers sampled per problem."""


def evolution_svg(rounds: Sequence[RoundSummary], title: str) -> str:
    """Return the picture of these rounds, the base included. Values that were not measured leave a gap."""
    parts = [
        svg.text(LEFT - 32, 38, title, size=18, weight=650),
        svg.text(
            LEFT - 32, 60, "coverage: training problems solved and verified · accuracy: held-out problems", color=svg.MUTED
        ),
        *_axes(rounds),
    ]
    k = samples_shown(rounds)
    ends: list[tuple[float, str, str]] = []
    for name, color, dashed, value_of in reversed(SERIES):  # so that the first lies on top
        points = [(_x(i, len(rounds)), _y(value)) for i, one in enumerate(rounds) if (value := value_of(one)) is not None]
        if not points:
            continue
        if len(points) > 1:
            parts.append(
                svg.path("M " + " L ".join(f"{x:.1f} {y:.1f}" for x, y in points), color=color, width=2.5, dashed=dashed)
            )
        parts += [svg.circle(x, y, 4.5, fill=color) for x, y in points]
        last = next(value for one in reversed(rounds) if (value := value_of(one)) is not None)
        ends.append((points[-1][1], color, f"{name.format(k=k)}  {100 * last:.1f} %"))
    parts += [svg.text(WIDTH - RIGHT + 18, y + 4, label, color=color, weight=600) for y, color, label in spread(ends)]
    return svg.document(WIDTH, HEIGHT, title, parts)


def spread(labels: Sequence[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    """Return the labels from top to bottom, moved down as far as needed to keep LABEL_GAP apart, and within the picture."""
    placed: list[tuple[float, str, str]] = []
    for y, color, label in sorted(labels):
        placed.append((max(y, placed[-1][0] + LABEL_GAP) if placed else y, color, label))
    overhang = max(0.0, placed[-1][0] - (HEIGHT - BOTTOM)) if placed else 0.0
    return [(y - overhang, color, label) for y, color, label in placed]


def _axes(rounds: Sequence[RoundSummary]) -> list[str]:
    parts = []
    for percent in (0, 25, 50, 75, 100):
        y = _y(percent / 100)
        parts += [
            svg.line(LEFT, y, WIDTH - RIGHT, y),
            svg.text(LEFT - 10, y + 4, f"{percent} %", size=11, color=svg.MUTED, anchor="end"),
        ]
    for i, one in enumerate(rounds):
        x = _x(i, len(rounds))
        parts.append(svg.text(x, HEIGHT - BOTTOM + 24, one.title, color=svg.MUTED, anchor="middle"))
        if one.status not in (None, "promoted"):
            parts.append(svg.text(x, HEIGHT - BOTTOM + 40, one.status or "", size=10, color="#b91c1c", anchor="middle"))
    return parts


def _x(index: int, n_rounds: int) -> float:
    inner = WIDTH - LEFT - RIGHT - 32
    return LEFT + 16 + (inner / 2 if n_rounds == 1 else inner * index / (n_rounds - 1))


def _y(share: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)
