"""Settings of measuring a policy and a PPM on held-out problems, and of thinking longer at test time."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from tasks.search.aggregation import Aggregation
from warehouse.no_data import OUTSIDE, SPEED


class EvaluationSettings(BaseModel):
    """How held-out problems are attempted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ks: tuple[Annotated[int, Field(ge=1, le=1024)], ...] = Field((8,), min_length=1, max_length=8)
    """Numbers of sampled solutions for maj@k, best-of-k and pass@k; as many as the largest are sampled per problem."""
    temperature: float = Field(0.7, gt=0.0, le=2.0)
    """Temperature of the sampled solutions; pass@1 is greedy."""
    max_program_tokens: int = Field(256, ge=16, le=32768)
    """Tokens within which a whole program must end."""
    aggregation: Aggregation = "mean"
    """How the PPM's scores of a trajectory's steps become one: mean, min, last or product."""
    window: Annotated[int, SPEED] = Field(128, ge=1, le=65536)
    """Problems in flight at once."""
    n_search_rollouts: Annotated[int, OUTSIDE] = Field(8, ge=1, le=1024)
    """Rollouts of a search at test time, whose rewards are PPM scores."""
    n_search_candidates: Annotated[int, OUTSIDE] = Field(7, ge=1, le=256)
    """Steps proposed at an expansion at test time."""
    search_temperature: Annotated[float, OUTSIDE] = Field(0.7, gt=0.0, le=2.0)
    """Temperature of the steps proposed at test time."""
    search_exploration_weight: Annotated[float, OUTSIDE] = Field(0.5, ge=0.0, le=100.0)
    """The c of the UCT score at test time."""
    n_beams: Annotated[int, OUTSIDE] = Field(2, ge=1, le=256)
    """Steps that a beam search keeps at each depth."""
    policy_weight: Annotated[float, OUTSIDE] = Field(0.05, ge=0.0, le=10.0)
    """Weight of the logarithm of the policy's share of a trajectory, beside its PPM score, where a tree's answer is chosen."""
