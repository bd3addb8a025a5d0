"""What an expectation is: a condition on the rows of one query, and how to see the rows that break it.

`query` is a file under warehouse/sql/gates, `failing_rows` one under warehouse/sql/queries.
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


@dataclass(frozen=True, slots=True)
class Allowed:
    """The values that a text may have."""

    values: tuple[str, ...]

    def __str__(self) -> str:
        return " or ".join(self.values)


@dataclass(frozen=True, slots=True)
class EveryRow:
    """Every value of a column of the query is as needed; null never is."""

    claim: str
    query: str
    table_name: str
    column_name: str
    needed: Limits | Allowed
    failing_rows: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, in a query of one row, is as needed; null never is. `remark` says where the limits come from."""

    claim: str
    query: str
    table_name: str
    column_name: str
    needed: Limits
    failing_rows: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class NoRows:
    """The shipped query that shows failing rows returns none."""

    claim: str
    table_name: str
    column_name: str
    failing_rows: str


Expectation = EveryRow | Figure | NoRows
