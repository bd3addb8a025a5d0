"""Settings of measuring a policy and a PPM on held-out problems."""

from pydantic import BaseModel, ConfigDict, Field


class EvaluationSettings(BaseModel):
    """How held-out problems are attempted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    k: int = Field(8, ge=1, le=1024)
    """Sampled solutions per problem, for maj@k, best-of-k and pass@k. The paper: 8 and 64 (section 4.1)."""
    temperature: float = Field(1.0, gt=0.0, le=2.0)
    """Temperature of the sampled solutions; pass@1 is greedy."""
    max_program_tokens: int = Field(256, ge=16, le=32768)
    """Tokens within which a whole program must end."""
    window: int = Field(128, ge=1, le=65536)
    """Problems in flight at once."""
    n_search_rollouts: int = Field(16, ge=1, le=1024)
    """Rollouts of a search at test time, whose rewards are PPM scores. The paper: 8 trajectories, 64 at most."""
    n_search_candidates: int = Field(8, ge=1, le=256)
    """Steps proposed at an expansion at test time. The paper: 32."""
