"""Training data as conversations: the layout of OpenAI's chat files, which TRL's trainers and hosted services read.

SFT: {"messages": [system, user, assistant]}. Preferences: {"prompt": [system, user], "chosen": [assistant], "rejected":
[assistant]}. Both sides of a pair of steps begin with the steps before them, because no chat template goes on in the middle of
a message; what they have in common is no preference.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from tasks.bootstrap.prompting import INSTRUCTION
from tasks.search.format import ANSWER, ASSISTANT, CODE, MARKERS, OUTPUT, USER

Markers = Literal["keep", "strip"]
"""keep: solutions as they train here, so that a model trained on them can search here. strip: Markdown in their place."""

Message = Mapping[str, str]

INSTRUCTION_WITHOUT_MARKERS: Final = (
    "Solve each problem step by step with a Python program whose steps begin with a comment each. The output is shown to you; "
    "then state the answer in one sentence, inside \\boxed{}."
)
_INSTRUCTIONS: Final[Mapping[Markers, str]] = {"keep": INSTRUCTION, "strip": INSTRUCTION_WITHOUT_MARKERS}

PartKind = Literal["code", "output", "answer"]
_MARKER: Final = re.compile(f"({'|'.join(map(re.escape, MARKERS))})")
_OPENED: Final[Mapping[str, PartKind]] = {OUTPUT: "output", ANSWER: "answer"}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a solution without its markers: code, what it printed, or the answer in words."""

    kind: PartKind
    text: str


def parts(text: str) -> list[Part]:
    """Return the pieces of a solution, or of a step, in their order; what stands neither in an output nor an answer is code."""
    pieces = _MARKER.split(text)
    markers = [CODE, *pieces[1::2]]
    found = [Part(_OPENED.get(marker, "code"), piece) for marker, piece in zip(markers, pieces[::2], strict=True)]
    return [part for part in found if part.text.strip() or part.kind == "output"]


def chat_example(prompt: str, completion: str, markers: Markers) -> dict[str, list[Message]]:
    """Return an SFT example as one conversation."""
    conversation, so_far = _opened(prompt, markers)
    return {"messages": [*conversation, _assistant(so_far + completion, markers)]}


def chat_pair(prompt: str, chosen: str, rejected: str, markers: Markers) -> dict[str, list[Message]]:
    """Return a preference pair as a conversation with two ends."""
    conversation, so_far = _opened(prompt, markers)
    return {
        "prompt": conversation,
        "chosen": [_assistant(so_far + chosen, markers)],
        "rejected": [_assistant(so_far + rejected, markers)],
    }


def statement_of(prompt: str) -> str:
    """Return the statement that a prompt puts to the policy."""
    return prompt.removeprefix(USER).partition(ASSISTANT + CODE)[0]


def _opened(prompt: str, markers: Markers) -> tuple[list[Message], str]:
    """Return the conversation before the solution, and what of the solution the prompt has already."""
    statement, _, so_far = prompt.removeprefix(USER).partition(ASSISTANT + CODE)
    system: Message = {"role": "system", "content": _INSTRUCTIONS[markers]}
    user: Message = {"role": "user", "content": statement}
    return [system, user], so_far


def _assistant(solution: str, markers: Markers) -> Message:
    return {"role": "assistant", "content": CODE + solution if markers == "keep" else as_markdown(solution)}


def as_markdown(solution: str) -> str:
    """Return a solution without markers: a block of Python for steps that follow each other, a block for what was printed."""
    blocks = []
    for kind, run in groupby(parts(solution), key=lambda part: part.kind):
        text = "\n\n".join(part.text.strip("\n") for part in run)
        blocks.append(text.strip() if kind == "answer" else _fenced(text, "python" if kind == "code" else "output"))
    return "\n".join(blocks)


def _fenced(text: str, language: str) -> str:
    # Longer than any run of backticks inside, so that the block ends where it should.
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"
