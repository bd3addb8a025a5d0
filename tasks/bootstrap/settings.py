"""Settings of searching with a model that was never taught the step format. Source: arXiv 2501.04519, section 3.4, round 1."""

from pydantic import BaseModel, ConfigDict, Field


class BootstrapSettings(BaseModel):
    """How a base that does not know the step format is prompted until a round has taught it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    examples: str = Field(default="auto", min_length=1)
    """Worked examples before each problem: "word-problems", "competition", or a file of JSON lines with statement and solution;
    "none": the base knows the step format. auto: none for a model that Stargrove made, else word-problems."""
