"""What `stargrove diff` shows: settings and facts of two rounds side by side."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from flows.display.tables.comparison import p_value_text
from flows.settings import stored_differences
from flows.settings.tables import flat
from tasks.evaluation.metrics import paired_p_value
from warehouse.errors import BadInput
from warehouse.store.lake import Warehouse


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact about both rounds, as text; None where one has none. change: the later minus the earlier, for numbers.

    n_better, n_worse: of problems that both rounds measured, those on which the later earned more and less.
    """

    section: str
    what: str
    before: str | None
    after: str | None
    change: float | None
    is_changed: bool
    n_better: int | None = None
    n_worse: int | None = None

    @property
    def p_value(self) -> float | None:
        """That of the paired test over problems; None for facts that are not measured problem by problem."""
        if self.n_better is None or self.n_worse is None:
            return None
        return paired_p_value(self.n_better, self.n_worse)


@dataclass(frozen=True, slots=True)
class RoundDiff:
    """Two rounds compared. settings: `key: value before -> value after`, and what each round sets for itself."""

    before: int
    after: int
    settings: tuple[str, ...]
    facts: tuple[Fact, ...]

    def json(self) -> str:
        """Return everything as a JSON object."""
        return json.dumps(asdict(self), indent=2)

    def tables(self, *, with_unchanged: bool) -> RenderableType:
        """Return a table per section; what did not change only on request."""
        parts: list[RenderableType] = [Text(f"round {self.before} -> round {self.after}", style="bold"), ""]
        if self.settings:
            parts += [Text("settings", style="bold"), *(Text(f"  {line}") for line in self.settings), ""]
        shown = [fact for fact in self.facts if with_unchanged or fact.is_changed]
        for section, facts in groupby(shown, key=lambda fact: fact.section):
            table = Table(section, f"round {self.before}", f"round {self.after}", "change", "p", box=None, pad_edge=False)
            for fact in facts:
                change = "" if fact.change is None else f"{fact.change:+,.4g}"
                table.add_row(f"  {fact.what}", _number(fact.before), _number(fact.after), change, p_value_text(fact.p_value))
            parts += [table, ""]
        return Group(*parts)


def compared(home: Path, rounds: Sequence[int]) -> RoundDiff:
    """Return the difference of two rounds that were started, the earlier before the later. Raises BadInput for any others."""
    if len(rounds) != 2 or rounds[0] == rounds[1]:
        n_rounds = len(set(rounds))
        raise BadInput(f"two rounds are compared, not {n_rounds}", hint="for instance: stargrove diff --round 2 --round 3")
    before, after = sorted(rounds)
    with Warehouse.open(home, read_only=True) as lake:
        settings = {number: _settings(lake, number) for number in rounds}
        rows = lake.query("round_diff", before=before, after=after)
    changed = stored_differences(settings[before], settings[after])
    own = [f"round {number} sets {_own(settings[number], number)}" for number in rounds]
    return RoundDiff(before, after, (*own, *changed), tuple(Fact(**row) for row in rows.iter_rows(named=True)))


def _settings(lake: Warehouse, number: int) -> str:
    row = lake.round_row(number)
    if row is None:
        raise BadInput(f"round {number} was never started", hint="list the rounds with: stargrove sql 'from rounds'")
    return row.settings_json


def _own(settings_json: str, number: int) -> str:
    """Return what this round's table of [[rounds]] sets, on one line."""
    tables = json.loads(settings_json).get("rounds", [])
    table = tables[number - 1] if number <= len(tables) else {}
    return ", ".join(f"{key} = {value}" for key, value in flat(table) if value is not None) or "nothing"


def _number(text: str | None) -> str:
    """Return a value for a table: numbers short, None as a dash."""
    if text is None:
        return "-"
    try:
        return f"{float(text):,.4g}" if "." in text else text
    except ValueError:
        return text
