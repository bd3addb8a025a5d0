"""What is known of a model that a user added."""

import re
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from models.catalogue.shape import ModelShape

CARD: Final = "card.json"

Template = Literal["chat", "plain"]
"""How a model that was not taught the step format is prompted: by its own chat template, or with plain text."""


class ModelCard(BaseModel):
    """revision: of a hub's model, the commit. licence: as its files state it. template: what `model check` found better.

    survives: whether the step format is the same after it was made tokens and text. mark_tokens: tokens of <end_of_step>.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    source: str
    revision: str | None
    shape: ModelShape
    licence: str | None
    has_chat_template: bool
    survives: bool
    mark_tokens: int
    n_unused_rows: int
    template: Template | None = None

    @property
    def origin(self) -> str:
        """Where it was taken from; of a hub's model the commit, not the name that it had."""
        return self.source if self.revision is None else f"{self.source.partition('@')[0]}@{self.revision}"


def stated_licence(directory: Path) -> str | None:
    """Return the licence that a model's files state: in the head of README.md, else the first line of LICENSE."""
    readme = directory / "README.md"
    if readme.is_file():
        found = re.search(r"^license(?:_name)?:\s*(\S+)", readme.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
        if found:
            return found[1]
    for path in sorted(directory.glob("LICENSE*")):
        lines = [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
        return next((line for line in lines if line), None)
    return None
