"""What an upgrade changes in a lake, in words, before it is made."""

import re
from dataclasses import dataclass
from typing import Final

import duckdb

from warehouse.sql.statements import Statement
from warehouse.store import migrations

_ADDS: Final = re.compile(r"create table|alter table \w+ add column|comment on", re.IGNORECASE)
_HEADLINE_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What opening a lake for writing will do to it. views_differ: views are no data, and are defined anew."""

    version: int
    pending: tuple[Statement, ...]
    views_differ: bool

    @property
    def is_needed(self) -> bool:
        """Whether anything is to be done."""
        return bool(self.pending) or self.views_differ

    @property
    def after(self) -> int:
        """The schema version that the lake will have."""
        return migrations.latest_version() if self.pending else self.version

    @property
    def lines(self) -> list[str]:
        """What is to be done, for people: versions, migrations with their statements, views, and that there is no way back."""
        if not self.is_needed:
            return [f"schema version {self.version}: nothing is to be changed"]
        lines = [f"schema version {self.version} -> {self.after}" if self.pending else f"schema version {self.version} stays"]
        for migration in self.pending:
            lines += [f"  {migration.name}: {_reason(migration)}", *(f"    {line}" for line in headlines(migration.sql))]
        if self.views_differ:
            lines.append("  the views are defined anew; no row changes by it")
        if self.pending:
            lines.append("it cannot be undone, and an earlier Stargrove will refuse the lake: take a backup first")
        return lines


def pending_upgrade(connection: duckdb.DuckDBPyConnection) -> Upgrade:
    """Return what is still to be applied to the lake of a connection."""
    return Upgrade(
        migrations.lake_version(connection), migrations.pending(connection), not migrations.views_are_current(connection)
    )


def headlines(sql: str) -> list[str]:
    """Return one line for each statement of a migration; those that add comments are counted together.

    A statement that does more than to add a table or a column is marked: it may take something away.
    """
    statements = [statement.query.strip() for statement in duckdb.extract_statements(sql)]
    texts = [" ".join(re.sub(r"--.*", "", statement).split()) for statement in statements]
    n_comments = sum(text.lower().startswith("comment on") for text in texts)
    lines = [_headline(text) for text in texts if not text.lower().startswith("comment on")]
    return [*lines, f"{n_comments} comments on tables and columns"] if n_comments else lines


def _headline(text: str) -> str:
    mark = "" if _ADDS.match(text) else "CHANGES WHAT IS THERE: "
    name, bracket, _ = text.rstrip(";").partition(" (")
    short = name if bracket and name.lower().startswith("create table") else text.rstrip(";")
    return mark + (short if len(short) <= _HEADLINE_CHARS else f"{short[: _HEADLINE_CHARS - 3]}...")


def _reason(migration: Statement) -> str:
    """Return the comment that a migration begins with."""
    comment = re.match(r"(?:-- .*\n)+", migration.sql)
    return " ".join(comment[0].replace("-- ", "").split()) if comment else ""
