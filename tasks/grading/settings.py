"""The settings of grading. No heavy import."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from warehouse.no_data import SPEED


class GradingSettings(BaseModel):
    """How much the comparison of answers may cost; none of it changes a verdict but `timeout_seconds`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_workers: Annotated[int, SPEED] = Field(default=1, ge=1, le=256)
    """Processes for symbolic comparisons. They start with the first answer that is not a plain number, set or interval."""

    timeout_seconds: float = Field(default=5.0, gt=0, le=600)
    """CPU seconds one symbolic comparison may take before its verdict is `unknown`; of wall time, four times as much."""
