"""Settings of annotation: how trees become training data."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from warehouse.no_data import Later


class AnnotationSettings(BaseModel):
    """Section [annotation]. Policy and PPM are trained on the trees of all rounds so far, for what was solved once still
    teaches when a later round fails at it. That is our choice: no source was found for it, and nothing was measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_sft_per_problem: int = Field(default=2, ge=1, le=64)
    """Best trajectories per problem, by mean Q-value, that train the policy. Source: arXiv 2501.04519, section 3.4."""

    sft_selection: Literal["verified", "rejection", "unverified"] = "verified"
    """As the paper ablates it. rejection: correct trajectories at random. unverified: right or wrong ones, the control."""

    n_chosen: int = Field(default=3, ge=1, le=64)
    """Highest-Q candidates per prefix that lead to a correct answer. Source: arXiv 2501.04519, section 3.3."""

    n_rejected: int = Field(default=6, ge=1, le=64)
    """Lowest-Q candidates per prefix that lead to a wrong answer. The paper: 2. Source: arXiv 2501.04519, section 3.3."""

    min_margin: float = Field(default=0.0, ge=0, le=2)
    """Least difference of Q-values within a pair; the public release of rStar-Math used 0.5."""

    rejected_steps: Annotated[Literal["executed", "all"], Later("all")] = "executed"
    """executed: only a step whose code ran without failing may be the rejected one of two steps, because the paper keeps only
    candidates that execute (section 3.2). all: failed and truncated steps as well."""
