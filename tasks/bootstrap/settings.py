"""Settings of searching with a model that was never taught the step format. Source: arXiv 2501.04519, section 3.4, round 1."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from warehouse.no_data import SPEED


class BootstrapSettings(BaseModel):
    """How a base that does not know the step format is prompted, and who searches before a policy is promoted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    examples: str = Field(default="auto", min_length=1)
    """Worked examples before each problem: "word-problems", "competition", or a file of JSON lines with statement and solution;
    "none": the base knows the step format. auto: none for a model that Stargrove made, else those of the problems' domain."""

    template: Literal["auto", "chat", "plain"] = "auto"
    """chat: examples and problem as the model's own chat template writes them. plain: as text. auto: what `stargrove model
    check` found better for a model that was added by name, else plain."""

    model: str = ""
    """Who searches until a policy is promoted, if not the base: a model of `stargrove model list`, a directory, a GGUF file, or
    the http address of a server that speaks OpenAI's protocol (key: STARGROVE_POLICY_API_KEY)."""

    served_model: str = ""
    """The name of the model on that server; "": the first that it lists."""

    max_tokens: Annotated[int, SPEED] = Field(default=0, ge=0)
    """Tokens, read and written, after which that server is asked nothing more in a run of the command; 0: no limit."""
