"""Settings of the search for solutions. Numbers of the paper: arXiv 2501.04519, sections 3.2, 3.3 and appendix A.2."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from warehouse.no_data import SPEED, Later


class SearchSettings(BaseModel):
    """How one search tree is grown, and how many of them are in flight."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_rollouts: int = Field(8, ge=1, le=1024)
    """Rollouts per tree. The paper: 8 in round 1, 16 from round 2 on."""
    n_extra_rollouts: int = Field(0, ge=0, le=1024)
    """Further rollouts, one by one, while no answer in the tree is correct. The paper: 16, in round 4 up to 112."""
    n_candidates: int = Field(5, ge=1, le=256)
    """Steps proposed at an expansion. The paper: 5 in round 1, 8 in rounds 2 and 3, 16 in round 4."""
    n_trees: int = Field(1, ge=1, le=64)
    """Trees per problem, each with seeds of its own. The paper: 2 in round 4."""
    max_depth: int = Field(16, ge=1, le=64)
    """Steps after which a trajectory ends without an answer. The paper: 16."""
    exploration_weight: float = Field(2.0, ge=0.0, le=100.0)
    """The c of the UCT score. The paper: 2."""
    temperature: float = Field(1.0, gt=0.0, le=2.0)
    """Sampling temperature of proposed steps."""
    max_step_tokens: int = Field(64, ge=4, le=8192)
    """Tokens within which a proposed step must end, else it is `truncated`."""
    max_answer_tokens: int = Field(32, ge=4, le=4096)
    """Tokens for the sentence with the answer, written once the program has run."""
    max_consecutive_errors: int = Field(1, ge=1, le=16)
    """Failed steps in a row at which a trajectory ends. 1: the first failed step ends it."""
    q_source: Literal["terminal", "ppm"] = "terminal"
    """terminal: Q-values come from graded answers alone (rounds 1 and 2). ppm: a new node starts with its PPM score."""
    skip_exhausted: Annotated[bool, Later(False)] = True
    """A rollout passes over terminal nodes that were visited before, and nodes below which there are no others; a tree in which
    all were visited is done. As in the public release. False: rollouts return to them."""
    same_step: Annotated[Literal["text", "code"], Later("text")] = "text"
    """Which candidates of an expansion are one node. text: those of the same text. code: those of the same code, but for
    comments, layout and the names that it introduces; the first stands for all."""
    n_easy_rollouts: Annotated[int, Later(0)] = Field(0, ge=0, le=1024)
    """A tree in which this many rollouts have ended, all of them right, is done. 0: every tree gets n_rollouts."""
    window: Annotated[int, SPEED] = Field(128, ge=1, le=65536)
    """Trees in flight at most; fewer where the engine's KV cache holds no more. Bounds memory. Does not change any tree."""
    tree_deadline_seconds: float = Field(0.0, ge=0.0)
    """A tree that takes longer is ended as it is, its open node marked `deadline`. 0: never, so that load decides nothing."""
