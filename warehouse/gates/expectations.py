"""What an expectation is: a rule about a column of a query. The rule stands here once: the rows that break it follow from it.

`query` is a file under warehouse/sql/gates, which keeps values and ids and knows no rule; NoRows and `evidence` name files
under warehouse/sql/queries.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Numbers that are needed; exclusive: the minimum itself is not enough."""

    minimum: float | None = None
    maximum: float | None = None
    exclusive: bool = False

    def __str__(self) -> str:
        if self.minimum is not None and self.minimum == self.maximum:
            return f"{self.minimum:.6g}"
        lower = "" if self.minimum is None else f"{'>' if self.exclusive else '>='} {self.minimum:.6g}"
        upper = "" if self.maximum is None else f"<= {self.maximum:.6g}"
        return f"{lower} and {upper}" if lower and upper else lower or upper

    def condition(self, column: str) -> str:
        """Return SQL that is true of a column's value that is as needed."""
        lower = () if self.minimum is None else (f"{column} {'>' if self.exclusive else '>='} {self.minimum!r}",)
        upper = () if self.maximum is None else (f"{column} <= {self.maximum!r}",)
        return " and ".join((*lower, *upper))


@dataclass(frozen=True, slots=True)
class Allowed:
    """The values that a text may have."""

    values: tuple[str, ...]

    def __str__(self) -> str:
        return " or ".join(self.values)

    def condition(self, column: str) -> str:
        """Return SQL that is true of a column's value that is as needed."""
        quoted = (f"'{value.replace(chr(39), chr(39) * 2)}'" for value in self.values)
        return f"{column} in ({', '.join(quoted)})"


@dataclass(frozen=True, slots=True)
class EveryRow:
    """Every value of a column of the query is as needed; null never is."""

    claim: str
    query: str
    table_name: str
    column_name: str
    needed: Limits | Allowed


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, in a query of one row, is as needed; null never is. `remark` says where the limits come from.

    evidence: the shipped query whose rows explain the number.
    """

    claim: str
    query: str
    table_name: str
    column_name: str
    needed: Limits
    evidence: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class NoRows:
    """A shipped query returns no rows."""

    claim: str
    query: str
    table_name: str
    column_name: str


Expectation = EveryRow | Figure | NoRows
