"""The settings of grading: what a comparison may cost, and the policy of docs/grading.md. No heavy import."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from warehouse.no_data import SPEED


class GradingSettings(BaseModel):
    """How much the comparison of answers may cost, and what counts as equal where people differ."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_workers: Annotated[int, SPEED] = Field(default=1, ge=1, le=256)
    """Processes for formulas. They start with the first answer that is more than numbers, text and their lists."""

    timeout_seconds: float = Field(default=5.0, gt=0, le=600)
    """CPU seconds one comparison of formulas may take before its verdict is `unknown`; of wall time, four times as much."""

    decimals: Literal["as_shown", "exact"] = "as_shown"
    """An exact value (1/3, a formula with roots) against a decimal in the reference: `as_shown` accepts it where it rounds to
    the reference at all digits that the reference shows, three significant ones or more; `exact` accepts only equal values."""

    percent: Literal["value", "strict", "loose"] = "value"
    """50% against a number without the sign: `value` accepts 1/2 and 0.5, and leaves 50 unknown; `strict` accepts none of them;
    `loose` accepts 50 as well."""

    order: Literal["free", "kept"] = "free"
    """Whether the order of a bare list of solutions (`1, 2`) counts. In braces it never does, in tuples it always does."""

    repeated: Literal["sets", "counted"] = "sets"
    """Repeated elements: `sets` drops them where one side is in braces and the other repeats nothing; `counted` never does."""

    units: Literal["optional", "required"] = "optional"
    """Whether 5 equals 5 cm. Two different units are never equal, and a unit is converted either way."""
