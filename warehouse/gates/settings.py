"""Thresholds of the gates. Importable without Great Expectations."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from warehouse.no_data import Later


class GateSettings(BaseModel):
    """Section [gates]. A share is of rows, in [0, 1]."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_quarantined_share: float = Field(default=0.05, ge=0, le=1)
    """ingest: rows that could not become problems, of all rows read. Refused test problems do not count.
    The benchmarks of the paper have at most 1.8 % (College Math)."""

    n_gram: int = Field(default=13, ge=2, le=100)
    """ingest: a training problem may not share so many words in a row with a test problem, nor equal one."""

    max_contaminated_share: float = Field(default=0.05, ge=0, le=1)
    """ingest: training problems that were refused because they repeat test problems, of all training problems offered. A source
    above this is suspect as a whole. GSM8K: 0.05 %; virtual problems: 1.4 %."""

    near_duplicate_similarity: float = Field(default=0.8, gt=0, le=1)
    """ingest: two problems nearly repeat each other when they share this much of their runs of three words (Jaccard)."""

    max_near_held_out_share: float = Field(default=0.001, ge=0, le=1)
    """ingest: training problems that nearly repeat a validation or test problem. GSM8K: 1 of 7,473 at most."""

    max_near_duplicate_share: float = Field(default=0.01, ge=0, le=1)
    """ingest: training problems that nearly repeat another training problem."""

    max_replay_differs_share: float = Field(default=0.05, ge=0, le=1)
    """training-data: verified trajectories whose code printed something else when it ran again."""

    min_sft_examples: int = Field(default=20, ge=1)
    """training-data: fewer trajectories than this teach a policy nothing; none at all would crash a trainer."""

    max_sft_examples_per_problem: int = Field(default=2, ge=1)
    """training-data: more would let easy problems outweigh the others."""

    require_verified: bool = True
    """training-data: every SFT example was executed again and graded correct. Only the unverified control turns this off."""

    min_preference_pairs: int = Field(default=20, ge=0)
    """training-data: fewer pairs than this teach a PPM nothing."""

    pass_1_tolerance: float = Field(default=0.02, ge=0, le=1)
    """promotion: how far the candidate's greedy pass@1 on the validation split may lie below the current policy's."""

    min_ppm_pair_accuracy: float = Field(default=0.6, ge=0, le=1)
    """promotion: held-out pairs that the candidate PPM must order rightly; 0.5 is chance."""

    promotion: Annotated[Literal["automatic", "manual"], Later("automatic")] = "automatic"
    """promotion: what follows once every expectation held. `automatic` promotes the round, as the paper's loop does; `manual`
    holds it until a person decides: stargrove promote, or reject. It decides who promotes, and no data."""
