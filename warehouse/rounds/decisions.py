"""What a person decides about a round: promote it, reject it, or go back to an earlier one.

Each decision is one transaction with its row in `promotion_decisions`. Who decides the same once more, perhaps because the
first try was killed, changes nothing: the status of the round says whether it was decided.
"""

from dataclasses import asdict, dataclass, replace
from typing import Final

import duckdb

from warehouse.errors import BadInput
from warehouse.records import DecisionKind, PromotionDecision, RoundRow, RoundStatus
from warehouse.rounds import state
from warehouse.rounds.line import turn_of
from warehouse.rounds.state import Cursor
from warehouse.store.lake import Warehouse

_LISTS: Final = ("broken_rules", "superseded")


@dataclass(frozen=True, slots=True)
class Review:
    """Who decides, why, and the version of the code that records it."""

    reason: str
    decided_by: str
    code_version: str


def promote(lake: Warehouse, round_number: int, review: Review, *, override: bool = False) -> PromotionDecision | None:
    """Return the decision that made a round's candidates current; None where the round was promoted already.

    override: a round that was refused is promoted all the same. Raises BadInput for one that was refused otherwise, naming the
    rules that it broke, and for one that is not to be decided about.
    """
    with lake.transaction(f"round {round_number} promoted by {review.decided_by}", {"reason": review.reason}) as cursor:
        row = state.needed(cursor, round_number)
        if row.status == "promoted":
            return None
        _refuse_unless(lake, row, verb="promoted")
        broken = broken_rules(cursor, round_number)
        if row.status == "rejected" and not override:
            why = _rejection(cursor, round_number) or "; ".join(broken)
            raise BadInput(
                f"round {round_number} was refused: {why}",
                hint=f"all the same: stargrove promote --round {round_number} --override --reason WHY --home {lake.home}",
            )
        if row.candidate_policy_id is None:
            raise BadInput(
                f"round {round_number} has trained no policy", hint=f"finish it: stargrove evolve --home {lake.home}"
            )
        state.promote(cursor, round_number, row.candidate_policy_id, row.candidate_ppm_id)
        decision = _decision("overridden" if row.status == "rejected" else "promoted", round_number, review, row.status)
        return _record(cursor, replace(decision, broken_rules=broken))


def reject(lake: Warehouse, round_number: int, review: Review) -> PromotionDecision | None:
    """Return the decision that closed a held or refused round; None where a person had rejected it already.

    Raises BadInput for a round that is not to be decided about.
    """
    with lake.transaction(f"round {round_number} rejected by {review.decided_by}", {"reason": review.reason}) as cursor:
        row = state.needed(cursor, round_number)
        if row.status == "rejected" and _rejection(cursor, round_number) is not None:
            return None
        _refuse_unless(lake, row, verb="rejected")
        state.reject(cursor, round_number)
        decision = _decision("rejected", round_number, review, row.status)
        return _record(cursor, replace(decision, broken_rules=broken_rules(cursor, round_number)))


def make_current(lake: Warehouse, round_number: int, review: Review) -> PromotionDecision | None:
    """Return the decision that made an earlier promoted round, or the base (0), current again; None where that was so already.

    Rounds off its line keep their rows and are superseded, whatever they were; those of its line that an earlier decision had
    superseded are promoted again. Raises BadInput for a round that was never promoted.
    """
    with lake.transaction(f"round {round_number} current again by {review.decided_by}", {"reason": review.reason}) as cursor:
        row = state.needed(cursor, round_number) if round_number else None
        if row is not None:
            _refuse_never_promoted(lake, cursor, row)
        line = turn_of(row).line if row is not None else ()
        others = [one for one in state.read_all(cursor) if one.round not in line and one.status != "superseded"]
        if not others and (row is None or row.status == "promoted"):
            return None
        state.supersede(cursor, [one.round for one in others])
        state.restore(cursor, line)
        decision = _decision("made_current", round_number, review, row.status if row is not None else None)
        return _record(cursor, replace(decision, superseded=tuple(one.round for one in others)))


def rejected_by(lake: Warehouse, round_number: int) -> str | None:
    """Return who rejected a round and why; None where no person's decision is the last word on it."""
    with lake.cursor() as cursor:
        try:
            return _rejection(cursor, round_number)
        except duckdb.CatalogException:
            return None  # an earlier version wrote the lake, in which nobody could decide


def broken_rules(cursor: Cursor, round_number: int) -> tuple[str, ...]:
    """Return each expectation of a round's promotion gate that did not hold, with what was observed and needed."""
    rows = cursor.execute(
        """select expectation, observed, needed from gate_results where round = ? and gate = 'promotion' and not passed
        order by expectation""",
        [round_number],
    ).fetchall()
    return tuple(f"{expectation}: observed {observed}, needed {needed}" for expectation, observed, needed in rows)


def _rejection(cursor: Cursor, round_number: int) -> str | None:
    last = cursor.execute(
        "select decision, decided_by, reason from promotion_decisions where round = ? order by decided_at desc limit 1",
        [round_number],
    ).fetchone()
    return f"rejected by {last[1]}: {last[2]}" if last and last[0] == "rejected" else None


def _refuse_unless(lake: Warehouse, row: RoundRow, *, verb: str) -> None:
    """Raise BadInput for a round that is neither held nor refused."""
    if row.status in ("held", "rejected"):
        return
    hints = {
        "promoted": f"go back to an earlier round: stargrove rollback --round N --reason WHY --home {lake.home}",
        "superseded": f"go back to it: stargrove rollback --round {row.round} --reason WHY --home {lake.home}",
    }
    hint = hints.get(row.status, f"go on: stargrove evolve --home {lake.home}")
    raise BadInput(f"round {row.round} is {row.status}, and cannot be {verb}", hint=hint)


def _refuse_never_promoted(lake: Warehouse, cursor: Cursor, row: RoundRow) -> None:
    policy = state.find_checkpoint(cursor, row.candidate_policy_id) if row.candidate_policy_id else None
    if policy is None or policy.status not in ("current", "retired"):
        raise BadInput(
            f"round {row.round} was never promoted, so that nothing leads back to it",
            hint=f"name one that was, or 0 for the base: stargrove sql --file round_summary --home {lake.home}",
        )


def _decision(kind: DecisionKind, round_number: int, review: Review, status_before: RoundStatus | None) -> PromotionDecision:
    return PromotionDecision(round_number, kind, review.reason, review.decided_by, review.code_version, status_before)


def _record(cursor: Cursor, decision: PromotionDecision) -> PromotionDecision:
    """Return the decision with what is current now, after writing its row."""
    policy, ppm = state.current_checkpoint(cursor, "policy"), state.current_checkpoint(cursor, "ppm")
    recorded = replace(decision, policy_id=policy.checkpoint_id if policy else None, ppm_id=ppm.checkpoint_id if ppm else None)
    values = asdict(recorded)
    values |= {name: list(values[name]) for name in _LISTS}
    columns = ", ".join(f"${name} as {name}" for name in values)
    cursor.execute(f"insert into promotion_decisions by name select {columns}, now() as decided_at", values)
    return recorded
