"""What the paper published, as values: read from the two data files beside this module, and checked while they are read."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

_FOLDER: Final = files("flows") / "report"
LAST_ROUND: Final = -1
"""Stands for the last promoted round where a row says of which round its checkpoints are."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PaperSetting(_Part):
    """A setting of the paper and the one of ours that it is compared with. value: in our terms, one per round if by_round."""

    key: str
    value: Any
    source: str
    said: str = ""
    by_round: bool = False


class FixedRule(_Part):
    """What the paper sets and our code does alike, without a setting."""

    what: str
    source: str
    verdict: Literal["same"]


class OursAlone(_Part):
    """Settings of ours that decide data and that the paper does not have."""

    why: str
    keys: tuple[str, ...]


class PaperSettings(_Part):
    """paper_settings.toml."""

    settings: tuple[PaperSetting, ...]
    fixed: tuple[FixedRule, ...]
    ours_alone: tuple[OursAlone, ...]


class PaperRow(_Part):
    """A row of a table, with how a home measures the same; what is empty holds for the whole table, or is not asked for."""

    name: str
    values: tuple[float, ...]
    metric: str = ""
    round: int | None = None
    base: str = ""
    variant: str = ""


class PaperTable(_Part):
    """A table of the paper. unit: what its values are."""

    number: int
    title: str
    columns: tuple[str, ...]
    rows: tuple[PaperRow, ...]
    unit: Literal["%", "tokens"] = "%"
    text: str = ""
    metric: str = ""
    round: int | None = None
    question: str = ""
    coverage: bool = False

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if any(len(row.values) != len(self.columns) for row in self.rows):
            raise ValueError(f"table {self.number}: a row has more or fewer values than there are columns")
        return self

    def value(self, row_name: str, column: str) -> float | None:
        """Return a figure by its place, or None where the table does not have that column."""
        row = next(row for row in self.rows if row.name == row_name)
        return row.values[self.columns.index(column)] if column in self.columns else None

    def curve(self, column: str) -> tuple[float | None, ...]:
        """Return a column from top to bottom as shares in [0, 1]."""
        values = [self.value(row.name, column) for row in self.rows]
        return tuple(None if value is None else value / 100 for value in values)


class Hardware(_Part):
    """What the paper says that the data generation of a round took."""

    round: int
    n_nodes: int
    gpus_per_node: int
    gpu: str
    days: float

    @property
    def gpu_hours(self) -> float:
        """Nodes x GPUs x hours."""
        return self.n_nodes * self.gpus_per_node * self.days * 24


class PaperFigures(_Part):
    """paper_figures.toml. benchmarks: the names under which a home may have measured each."""

    n_training_problems: int
    benchmarks: dict[str, tuple[str, ...]]
    tables: tuple[PaperTable, ...]
    hardware: tuple[Hardware, ...]

    def table(self, number: int) -> PaperTable:
        """Return a table by its number in the paper."""
        return next(table for table in self.tables if table.number == number)

    def benchmark_named(self, name: str) -> str | None:
        """Return which of the paper's benchmarks a file or source of this name is, or None."""
        plain = "".join(letter for letter in name.lower() if letter.isalnum()).removesuffix("test")
        return next((benchmark for benchmark, names in self.benchmarks.items() if plain in names), None)


@cache
def paper_settings() -> PaperSettings:
    """Return the settings of the paper, and which of ours it does not have."""
    return PaperSettings.model_validate(_read("paper_settings.toml"))


@cache
def paper_figures() -> PaperFigures:
    """Return the figures of the paper."""
    return PaperFigures.model_validate(_read("paper_figures.toml"))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))
