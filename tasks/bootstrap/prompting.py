"""What a model that was never taught the step format is shown instead of a prefix: presentation, never stored in a tree.

A prefix of the step format is `<|user|>:\\n{statement}\\n<|assistant|>: ...<code>{steps so far}`. Such a model is given worked
examples, then the statement in its own manner of speaking, then the same steps so far. The frame is a file of the checkpoint
that needs it, so that whoever serves the checkpoint presents prefixes alike; a policy that was fine-tuned has no such file.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict

from tasks.bootstrap.worked_examples import WorkedExample
from tasks.search.format import ANSWER, ASSISTANT, CODE, END_OF_CODE, END_OF_STEP, USER, prompt

PROMPTING_FILE: Final = "prompting.json"

STEP_OPENING: Final = "\n#"
ANSWER_OPENING: Final = f"\n{ANSWER}"

INSTRUCTION: Final = (
    "Solve each problem step by step with a Python program. Every step is a comment that says what is done, then the code "
    f"that does it, then {END_OF_STEP} on a line of its own. The last step prints the answer and ends in {END_OF_CODE}. "
    "There is no matplotlib: compute and print, draw nothing. "
    "The output is shown to you; then state the answer in one sentence, inside \\boxed{}."
)
"""What a chat template's system message says. In plain text the examples speak for themselves."""


class Prompting(BaseModel):
    """head {statement} turn {steps so far}: what stands before every statement, and between it and the solution.

    foreign_stops: texts at which the model's turn is over, beside the marks of the format.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    head: str
    turn: str
    foreign_stops: tuple[str, ...]

    @classmethod
    def plain(cls, examples: Sequence[WorkedExample], foreign_stops: tuple[str, ...]) -> Self:
        """Return a prompting that shows the examples as the step format writes problems, one after the other."""
        shown = "".join(f"{prompt(example.statement)}{example.solution}\n\n" for example in examples)
        return cls(head=shown + USER, turn=ASSISTANT + CODE, foreign_stops=(USER.strip(), *foreign_stops))

    @classmethod
    def chat(cls, head: str, turn: str, foreign_stops: tuple[str, ...]) -> Self:
        """Return a prompting around a rendered conversation, in which the model's turn begins with the code."""
        return cls(head=head, turn=turn + CODE, foreign_stops=foreign_stops)

    def presented(self, prefix: str, opening: str) -> str:
        """Return the text that the model continues in place of a stored prefix, with what it is made to begin with."""
        statement, _, so_far = prefix.removeprefix(USER).partition(ASSISTANT + CODE)
        return f"{self.head}{statement}{self.turn}{so_far}{opening}"


def opening_of(stop: Sequence[str]) -> str:
    """Return the beginning that is written for the model, by where it is to stop: a comment for code, else the answer's mark.

    Left alone, Qwen2.5-Coder-0.5B-Instruct begins 5 of 8 programs with sentences, and forgets the box of every fifth answer.
    """
    return STEP_OPENING if END_OF_CODE in stop else ANSWER_OPENING


def prompting_of(checkpoint: Path) -> Prompting | None:
    """Return how the model in a checkpoint directory must be prompted; None where it knows the step format."""
    path = checkpoint / PROMPTING_FILE
    return Prompting.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else None
