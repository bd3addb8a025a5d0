"""The lineage picture: which checkpoints searched a round, what came out of it, and what was trained on that."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.display.pictures import svg

CARD_WIDTH, GAP, MARGIN = 196.0, 56.0, 28.0
TOP = 88.0
CARD_HEIGHT, CHECKPOINT_HEIGHT = 176.0, 58.0
POLICY, PPM, BASE = "#c2410c", "#0f766e", "#475569"
_STATUS_COLORS = {"promoted": "#15803d", "rejected": "#b91c1c", "failed": "#b91c1c", "running": "#b45309", "held": "#b45309"}


@dataclass(frozen=True, slots=True)
class RoundLineage:
    """One round: the checkpoints that searched it, its data, and the checkpoints that it trained. Shares are in [0, 1]."""

    round: int
    status: str
    searched_by_policy: str
    searched_by_ppm: str | None
    n_trees: int
    n_nodes: int
    n_verified: int
    coverage: float | None
    n_sft_examples: int
    n_pairs: int
    snapshot_id: int | None
    policy_id: str | None
    ppm_id: str | None
    greedy_pass_1: float | None
    ppm_pair_accuracy: float | None


def lineage_svg(rounds: Sequence[RoundLineage], base_id: str, base_pass_1: float | None, title: str) -> str:
    """Return the picture: the base at the left, one column per round, arrows for `searches` and `is trained into`."""
    width = 2 * MARGIN + CARD_WIDTH * (len(rounds) + 1) + GAP * len(rounds)
    height = TOP + CARD_HEIGHT + 2 * (CHECKPOINT_HEIGHT + 28) + 58
    policy_y = TOP + CARD_HEIGHT + 36
    ppm_y = policy_y + CHECKPOINT_HEIGHT + 14
    parts = [
        svg.text(MARGIN, 40, title, size=18, weight=650),
        svg.text(MARGIN, 62, "which checkpoints searched, what they found, and what was trained on it", color=svg.MUTED),
        _checkpoint(MARGIN, policy_y, "base", base_id, _percent("greedy pass@1", base_pass_1), BASE),
    ]
    place = {base_id: (MARGIN + CARD_WIDTH, policy_y + CHECKPOINT_HEIGHT / 2, BASE)}
    for column, one in enumerate(rounds, start=1):
        x = MARGIN + column * (CARD_WIDTH + GAP)
        parts.append(_round_card(x, one))
        searchers = [name for name in (one.searched_by_policy, one.searched_by_ppm) if name in place]
        for rank, name in enumerate(searchers):
            from_x, from_y, color = place[name]
            parts.append(svg.arrow(from_x, from_y, x, TOP + 96 + 24 * rank, color=color))
        if one.policy_id:
            parts.append(
                _checkpoint(x, policy_y, "policy", one.policy_id, _percent("greedy pass@1", one.greedy_pass_1), POLICY)
            )
            parts.append(_down(x + 40, TOP + CARD_HEIGHT, policy_y, POLICY))
            place[one.policy_id] = (x + CARD_WIDTH, policy_y + CHECKPOINT_HEIGHT / 2, POLICY)
        if one.ppm_id:
            parts.append(_checkpoint(x, ppm_y, "PPM", one.ppm_id, _percent("pair accuracy", one.ppm_pair_accuracy), PPM))
            parts.append(_down(x + 156, policy_y + CHECKPOINT_HEIGHT, ppm_y, PPM))
            place[one.ppm_id] = (x + CARD_WIDTH, ppm_y + CHECKPOINT_HEIGHT / 2, PPM)
    notes = (
        "each policy is trained from the base, on the SFT examples",
        "each PPM is trained from the round's policy, on the pairs",
    )
    parts += [svg.text(MARGIN, height - 36 + 16 * i, note, size=11, color=svg.MUTED) for i, note in enumerate(notes)]
    return svg.document(width, height, title, parts)


def _round_card(x: float, one: RoundLineage) -> str:
    color = _STATUS_COLORS.get(one.status, svg.MUTED)
    rows = (
        ("search trees", f"{one.n_trees:,}"),
        ("nodes", f"{one.n_nodes:,}"),
        ("verified", f"{one.n_verified:,}"),
        ("coverage", "" if one.coverage is None else f"{100 * one.coverage:.1f} %"),
        ("SFT examples", f"{one.n_sft_examples:,}"),
        ("preference pairs", f"{one.n_pairs:,}"),
    )
    parts = [
        svg.rectangle(x, TOP, CARD_WIDTH, CARD_HEIGHT, fill=svg.PANEL, stroke=svg.RULE, radius=10),
        svg.rectangle(x, TOP, 4, CARD_HEIGHT, fill=color, radius=2),
        svg.text(x + 18, TOP + 26, f"round {one.round}", size=14, weight=650),
        svg.text(x + CARD_WIDTH - 14, TOP + 26, one.status, size=11, color=color, weight=600, anchor="end"),
    ]
    for i, (name, value) in enumerate(rows):
        y = TOP + 50 + 19 * i
        parts.append(svg.text(x + 18, y, name, color=svg.MUTED))
        parts.append(svg.text(x + CARD_WIDTH - 14, y, value, weight=600, anchor="end"))
    if one.snapshot_id is not None:
        parts.append(svg.text(x + 18, TOP + CARD_HEIGHT - 9, f"lake snapshot {one.snapshot_id}", size=10, color=svg.MUTED))
    return "".join(parts)


def _checkpoint(x: float, y: float, kind: str, checkpoint_id: str, measure: str, color: str) -> str:
    return "".join(
        (
            svg.rectangle(x, y, CARD_WIDTH, CHECKPOINT_HEIGHT, fill=svg.PAPER, stroke=color, radius=10),
            svg.text(x + 14, y + 23, kind, size=12, color=color, weight=650),
            svg.text(x + CARD_WIDTH - 14, y + 23, checkpoint_id.rsplit("-", 1)[-1], size=11, color=svg.MUTED, anchor="end"),
            svg.text(x + 14, y + 44, measure, size=12, weight=500),
        )
    )


def _down(x: float, y1: float, y2: float, color: str) -> str:
    head = f"M {x - 4:.1f} {y2 - 6:.1f} L {x:.1f} {y2:.1f} L {x + 4:.1f} {y2 - 6:.1f}"
    return svg.path(f"M {x:.1f} {y1:.1f} L {x:.1f} {y2:.1f}", color=color, width=1.5) + svg.path(head, color=color, width=1.5)


def _percent(name: str, value: float | None) -> str:
    return f"{name} not measured" if value is None else f"{name} {100 * value:.1f} %"
