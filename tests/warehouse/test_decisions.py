"""What a person decides about a round: one row each, however often it is tried, and always one current round."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, cast

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.trees import batch, round_row
from warehouse.errors import BadInput
from warehouse.measured import GateResult
from warehouse.records import CheckpointKind, CheckpointRow, PromotionDecision, RoundRow
from warehouse.rounds import decisions, state
from warehouse.rounds.decisions import Review
from warehouse.rounds.line import Turn, turn_of, turns
from warehouse.sql.statements import shipped
from warehouse.store.lake import Warehouse

WHY = Review("looked at three trees", "ana@lab", "v1")
N_ROUNDS = 4
KINDS: Final[tuple[CheckpointKind, ...]] = ("policy", "ppm")
BROKEN = GateResult(
    "promotion", "pass@1 holds", "evaluations", "value", "0.4", ">= 0.5", passed=False, n_failing=1, hint="look"
)


def tables() -> list[str]:
    """The statements that make the tables of rounds, as the lake's migrations have them."""
    statements = [one for migration in shipped("migrations").values() for one in migration.sql.split(";\n")]
    return [
        one for one in statements if any(f"table {name} " in one for name in ("rounds", "checkpoints", "promotion_decisions"))
    ]


class MemoryLake:
    """A lake of which only rounds, checkpoints and decisions are there, in memory: a property needs hundreds of decisions."""

    def __init__(self) -> None:
        self.home = Path("home")
        self.connection = duckdb.connect()
        for statement in (
            *tables(),
            "create table gate_results (round int, gate text, expectation text, observed text, needed text, passed bool)",
        ):
            self.connection.execute(statement)

    @contextmanager
    def transaction(self, message: str, extra: object) -> Iterator[duckdb.DuckDBPyConnection]:
        self.connection.execute("begin")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    @property
    def rounds(self) -> list[RoundRow]:
        return state.read_all(self.connection)

    @property
    def coming(self) -> Turn:
        """The turn that an evolution would work on next."""
        rows = self.rounds
        promoted = [row.round for row in rows if row.status == "promoted"]
        return next(turn for turn in turns(rows, len(rows) + 1) if turn.round not in promoted)


def begun(lake: MemoryLake) -> int:
    """Begin the coming round, or go on with one that is not promoted; return its number."""
    turn = lake.coming
    with lake.transaction("", {}) as cursor:
        state.start(cursor, replace(round_row(turn.round), set_aside=turn.set_aside))
        for kind in KINDS:
            name = f"{kind}-{turn.round}"
            state.record_checkpoint(cursor, CheckpointRow(name, kind, turn.round, "base", None, "f", "x", "candidate"))
        state.set_candidates(cursor, turn.round, f"policy-{turn.round}", f"ppm-{turn.round}")
    return turn.round


def as_lake(lake: MemoryLake) -> Warehouse:
    return cast("Warehouse", lake)


def grown(lake: MemoryLake, _: int) -> None:
    number = begun(lake)
    with lake.transaction("", {}) as cursor:
        row = state.needed(cursor, number)
        if row.status == "running":
            state.promote(cursor, number, f"policy-{number}", f"ppm-{number}")


def held(lake: MemoryLake, _: int) -> None:
    number = begun(lake)
    with lake.transaction("", {}) as cursor:
        state.set_status(cursor, number, "held")


def refused(lake: MemoryLake, _: int) -> None:
    number = begun(lake)
    with lake.transaction("", {}) as cursor:
        state.reject(cursor, number)


def promoted(lake: MemoryLake, number: int) -> None:
    decisions.promote(as_lake(lake), number, WHY, override=True)


def rejected(lake: MemoryLake, number: int) -> None:
    decisions.reject(as_lake(lake), number, WHY)


def gone_back(lake: MemoryLake, number: int) -> None:
    decisions.make_current(as_lake(lake), number, WHY)


Act = Callable[[MemoryLake, int], None]
ACTS: tuple[Act, ...] = (grown, held, refused, promoted, rejected, gone_back)
HISTORIES = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 6)), min_size=1, max_size=12)


@settings(max_examples=15, deadline=None)
@given(HISTORIES)
def test_whatever_people_decide_the_promoted_rounds_are_one_line_and_its_last_is_current(
    history: list[tuple[Act, int]],
) -> None:
    lake = MemoryLake()
    for act, number in history:
        try:
            act(lake, number)
        except BadInput:  # refused in one line: nothing happened
            continue
        rows = lake.rounds
        line = [row for row in rows if row.status == "promoted"]
        assert [row.round for row in line] == list(turn_of(line[-1]).line if line else ())
        current = lake.connection.execute(
            "select checkpoint_id from checkpoints where status = 'current' order by 1"
        ).fetchall()
        assert current == ([(f"policy-{line[-1].round}",), (f"ppm-{line[-1].round}",)] if line else [])
        undecided = [row for row in rows if row.status not in ("promoted", "superseded")]
        assert len(undecided) <= 1
        assert all(turn_of(row).line == (*(one.round for one in line), row.round) for row in undecided)
        coming = turns(rows, len(rows) + 3)
        assert [turn.place for turn in coming] == list(range(1, len(rows) + 4))
        begun_rounds = [row.round for row in rows]
        assert all(turn.round > max(begun_rounds, default=0) for turn in coming if turn.round not in begun_rounds)


@settings(max_examples=10, deadline=None)
@given(HISTORIES)
def test_a_decision_that_is_made_twice_is_one_row(history: list[tuple[Act, int]]) -> None:
    once, twice = MemoryLake(), MemoryLake()
    for act, number in history:
        for lake, times in ((once, 1), (twice, 2 if act in (promoted, rejected, gone_back) else 1)):
            for _ in range(times):
                try:
                    act(lake, number)
                except BadInput:
                    continue
    left_out = "exclude (decided_at)"
    for table, columns in (("promotion_decisions", left_out), ("rounds", "exclude (started_at, finished_at)")):
        found = [lake.connection.execute(f"select * {columns} from {table} order by all").fetchall() for lake in (once, twice)]
        assert found[0] == found[1]


def test_numbers_are_never_used_twice_and_places_go_on() -> None:
    lake = MemoryLake()
    for _ in range(3):
        grown(lake, 0)
    gone_back(lake, 1)
    assert turns(lake.rounds, N_ROUNDS) == (Turn(1), Turn(4, (2, 3)), Turn(5, (2, 3)), Turn(6, (2, 3)))
    assert [turn.place for turn in turns(lake.rounds, N_ROUNDS)] == [1, 2, 3, 4]
    grown(lake, 0)
    gone_back(lake, 3)
    assert turns(lake.rounds, N_ROUNDS) == (Turn(1), Turn(2), Turn(3), Turn(5, (4,)))


@pytest.fixture(scope="module")
def refused_home(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which round 1 is promoted, and a gate refused round 2."""
    home = shutil.copytree(empty_home, tmp_path_factory.mktemp("refused") / "home")
    with Warehouse.open(home) as lake:
        for number in (1, 2):
            lake.start_round(round_row(number))
            for kind in KINDS:
                lake.record_checkpoint(CheckpointRow(f"{kind}-{number}", kind, number, "base", None, "f", "x", "candidate"))
            lake.set_candidates(number, f"policy-{number}", f"ppm-{number}")
        lake.promote(1, "policy-1", "ppm-1")
        lake.commit(batch(2, "gate-promotion"), {"gate_results": [BROKEN]})
        lake.reject(2)
    return home


@pytest.fixture
def reviewed(refused_home: Path, tmp_path: Path) -> Iterator[Warehouse]:
    """Its lake, to be decided about."""
    with Warehouse.open(shutil.copytree(refused_home, tmp_path / "home")) as lake:
        yield lake


def test_a_refused_round_is_promoted_only_with_an_override_that_names_the_broken_rules(reviewed: Warehouse) -> None:
    with pytest.raises(BadInput, match=r"round 2 was refused: pass@1 holds: observed 0\.4, needed >= 0\.5.*--override"):
        decisions.promote(reviewed, 2, WHY)
    decision = decisions.promote(reviewed, 2, WHY, override=True)
    assert decision == PromotionDecision(
        2, "overridden", WHY.reason, WHY.decided_by, "v1", "rejected",
        ("pass@1 holds: observed 0.4, needed >= 0.5",), (), "policy-2", "ppm-2",
    )  # fmt: skip
    told = reviewed.query("promotion_decisions").row(0, named=True)
    assert (told["round"], told["decided_by"], told["broken_rules"]) == (2, "ana@lab", list(decision.broken_rules))
    assert reviewed.query("overrides").select("round", "override_reason").rows() == [(2, WHY.reason)]


def test_what_a_person_rejected_is_known_until_it_is_promoted(reviewed: Warehouse) -> None:
    assert decisions.rejected_by(reviewed, 2) is None, "a gate refused it: evolve may try again with other thresholds"
    assert decisions.reject(reviewed, 2, WHY) is not None
    assert decisions.rejected_by(reviewed, 2) == "rejected by ana@lab: looked at three trees"
    decisions.promote(reviewed, 2, WHY, override=True)
    assert decisions.rejected_by(reviewed, 2) is None


def test_going_back_keeps_every_row_and_when_rounds_were_promoted(reviewed: Warehouse) -> None:
    decisions.promote(reviewed, 2, WHY, override=True)
    times = "select round, finished_at::varchar as at from rounds order by round"
    before = reviewed.query(times).rows()
    decision = decisions.make_current(reviewed, 1, WHY)
    assert decision is not None
    assert (decision.superseded, decision.policy_id) == ((2,), "policy-1")
    assert reviewed.query(times).rows() == before
    assert reviewed.query("select count(*) from gate_results").item() == 1
    assert [row.status for row in reviewed.round_rows()] == ["promoted", "superseded"]
    decisions.make_current(reviewed, 2, WHY)
    assert reviewed.query(times).rows() == before


def test_a_decision_that_dies_before_its_commit_has_not_been_made(reviewed: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    before = reviewed.snapshot_id()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(decisions, "_record", killed)
        with pytest.raises(KeyboardInterrupt):
            decisions.make_current(reviewed, 0, WHY)
    assert reviewed.snapshot_id() == before
    assert [row.status for row in reviewed.round_rows()] == ["promoted", "rejected"]


@pytest.mark.parametrize(
    ("act", "number", "said"),
    [
        (decisions.promote, 7, "round 7 is not in the lake"),
        (decisions.reject, 1, "round 1 is promoted, and cannot be rejected; go back to an earlier round: stargrove rollback"),
        (decisions.make_current, 2, "round 2 was never promoted"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_what_to_do(
    reviewed: Warehouse, act: Callable[[Warehouse, int, Review], object], number: int, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        act(reviewed, number, WHY)
    assert reviewed.query("from promotion_decisions").is_empty()
