"""What `promote`, `reject` and `rollback` do in a home: decide under its lock, tell who listens, and say what is current now.

No engine, trainer or flow is started, and Prefect is not imported: who listens is told over HTTP, where a server runs.
"""

import getpass
import os
import socket
from collections.abc import Callable
from pathlib import Path

from flows.home.announcing import announce
from flows.home.code_version import code_version
from flows.home.lease import leased
from flows.home.lock import hold
from flows.home.openlineage import emit_round
from warehouse.errors import BadInput
from warehouse.places.location import require_evolution
from warehouse.records import PromotionDecision
from warehouse.rounds import decisions
from warehouse.rounds.decisions import Review
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

Decide = Callable[[Warehouse, int, Review], PromotionDecision | None]
"""One of warehouse.rounds.decisions."""

_EVENTS = {"promoted": "promoted", "overridden": "promoted", "rejected": "rejected", "made_current": "made_current"}
"""What a round's event is called after a decision: an overridden round is promoted like any other."""


def promote_by_hand(home: Path, round_number: int, reason: str, tell: Callable[[str], None], *, override: bool) -> None:
    """Promote a held round; with `override` one that was refused, after naming the rules that it broke."""

    def decide(lake: Warehouse, number: int, review: Review) -> PromotionDecision | None:
        return decisions.promote(lake, number, review, override=override)

    decision = _decided(home, round_number, reason, tell, decide)
    if decision is None:
        tell(f"round {round_number} is promoted already: nothing to do")
        return
    for rule in decision.broken_rules:
        tell(f"overridden: {rule}")
    tell(f"round {round_number} is promoted by {decision.decided_by}; go on: stargrove evolve --home {home}")


def reject_by_hand(home: Path, round_number: int, reason: str, tell: Callable[[str], None]) -> None:
    """Reject a held round, or close one that a gate refused: `evolve` does not try it again."""
    decision = _decided(home, round_number, reason, tell, decisions.reject)
    if decision is None:
        tell(f"round {round_number} was rejected already: nothing to do")
        return
    tell(f"round {round_number} is rejected by {decision.decided_by}; what was current stays")


def roll_back(home: Path, round_number: int, reason: str, tell: Callable[[str], None]) -> None:
    """Make an earlier promoted round, or the base (0), current again."""
    decision = _decided(home, round_number, reason, tell, decisions.make_current)
    what = f"round {round_number}" if round_number else "the base"
    if decision is None:
        tell(f"{what} is current already: nothing to do")
        return
    tell(f"{what} is current again; superseded: {', '.join(map(str, decision.superseded)) or 'none'}")
    tell(f"grow another round from there: stargrove evolve --home {home}")


def _decided(
    home: Path, round_number: int, reason: str, tell: Callable[[str], None], decide: Decide
) -> PromotionDecision | None:
    """Return the decision, after it was recorded and told; None where there was nothing left to decide."""
    if not reason.strip():
        raise BadInput("a decision needs a reason", hint='say why in words: --reason "..."')
    settings = WarehouseSettings()
    location = require_evolution(home, settings)
    review = Review(reason.strip(), reviewer(), code_version())
    with (
        hold(home),
        leased(location) as lease,
        Warehouse.at(location, settings, token=lease.token if lease else None) as lake,
    ):
        decision = decide(lake, round_number, review)
        for number in (round_number, *decision.superseded) if decision is not None else ():
            emit_round(lake, number, tell)
    if decision is not None:
        announce(home, f"stargrove.round.{_EVENTS[decision.decision]}", decision, tell)
    return decision


def reviewer() -> str:
    """Return who is at work: user@machine, with the number of a user without a name."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"user-{os.getuid()}"
    return f"{user}@{socket.gethostname()}"
