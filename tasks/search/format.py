"""Read and write rStar-Math's step format. Source: arXiv 2501.04519, section 3.2, and the published training samples.

A prefix is the concatenation of a prompt and of node texts, with nothing in between:

    prompt       <|user|>:\\n{statement}\\n<|assistant|>: Let's think step by step and solve the problem with code.<code>
    step         \\n# comment\\npython code\\n<end_of_step>
    final step   \\n# comment\\npython code that prints\\n<end_of_code>
                 \\n<output>{what the whole program printed}<end_of_output>\\n<answer>... \\boxed{...} ...<end_of_answer>
    failed step  a step, and what went wrong: \\n<output>{error}<end_of_output>
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from tasks.grading.reading.lexing.boxed import boxed_answer

CODE: Final = "<code>"
END_OF_STEP: Final = "<end_of_step>"
END_OF_CODE: Final = "<end_of_code>"
OUTPUT: Final = "<output>"
END_OF_OUTPUT: Final = "<end_of_output>"
ANSWER: Final = "<answer>"
END_OF_ANSWER: Final = "<end_of_answer>"
MARKERS: Final = (CODE, END_OF_STEP, END_OF_CODE, OUTPUT, END_OF_OUTPUT, ANSWER, END_OF_ANSWER)

USER: Final = "<|user|>:\n"
ASSISTANT: Final = "\n<|assistant|>: Let's think step by step and solve the problem with code."

STEP_STOPS: Final = (END_OF_STEP, END_OF_CODE)
"""Where a proposed step ends."""

_OBSERVED = re.compile(rf"\n{OUTPUT}.*?{END_OF_OUTPUT}", re.DOTALL)


def prompt(statement: str) -> str:
    """Return the text that a solution of the problem continues."""
    return f"{USER}{statement}{ASSISTANT}{CODE}"


def code_of(text: str) -> str:
    """Return the Python code of a node's text: without markers, observed output and answer."""
    code = text.split(END_OF_STEP, 1)[0].split(END_OF_CODE, 1)[0]
    return code.strip("\n")


def code_of_all(texts: Iterable[str]) -> str:
    """Return the code of several nodes' texts as one program."""
    return "\n".join(map(code_of, texts))


def is_final(text: str) -> bool:
    """Return whether a proposed step ends the program."""
    return text.endswith(END_OF_CODE)


def observed(output: str) -> str:
    """Return the block that shows what was printed, or what went wrong, to the policy."""
    return f"\n{OUTPUT}{output}{END_OF_OUTPUT}"


def observed_spans(text: str) -> list[tuple[int, int]]:
    """Return the [start, end) character spans of observed blocks in `text`; the policy is never trained to predict them."""
    return [match.span() for match in _OBSERVED.finditer(text)]


@dataclass(frozen=True, slots=True)
class Wording:
    """What may differ between kinds of problem: how one is put to the policy, and where the answer stands in its solution.

    prompt: from a statement to the text that a solution continues. read_answer: from the code of the steps that ran, and the
    words after the output, to the answer; None without one.
    """

    prompt: Callable[[str], str]
    read_answer: Callable[[str, str], str | None]


def boxed_in_words(code: str, words: str) -> str | None:
    """Return the boxed answer of the last words, whatever the code says."""
    return boxed_answer(words)


RSTAR_MATH: Final = Wording(prompt, boxed_in_words)
"""The wording of the published training samples."""
