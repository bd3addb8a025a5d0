"""Which tokens of a solution the policy learns: those it wrote itself. No torch here."""

import re
from collections.abc import Sequence


def loss_mask(prompt_length: int, completion: str, offsets: Sequence[tuple[int, int]], observed: tuple[str, str]) -> list[bool]:
    """Return whether each token is learned: it touches the completion, and no observed block.

    prompt_length: characters before the completion. offsets: [start, end) of each token in prompt + completion. observed: how a
    block of what code printed opens and closes. A token that reaches into a block is not learned.
    """
    block = re.compile(f"{re.escape(observed[0])}.*?{re.escape(observed[1])}", re.DOTALL)
    spans = [(prompt_length + match.start(), prompt_length + match.end()) for match in block.finditer(completion)]
    learned = []
    for start, end in offsets:
        in_block = any(start < span_end and span_start < end for span_start, span_end in spans)
        learned.append(end > prompt_length and not in_block)
    return learned
