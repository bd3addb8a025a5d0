"""Training data in the form in which rStar-Math published its samples.

SFT: {"query": statement, "response": "<code>..."}. PPM: {"prompt", "pos", "neg", "pos_count", "neg_count"}: for a step, the
prompt is everything before it; for whole solutions it is the question alone, and both sides begin with the opening.
"""

from dataclasses import dataclass

from tasks.search.format import ASSISTANT, CODE, USER


@dataclass(frozen=True, slots=True)
class TextPair:
    """A preference pair as text. n_chosen, n_rejected: different steps that its prefix has on either side."""

    kind: str
    prompt: str
    chosen: str
    rejected: str
    n_chosen: int
    n_rejected: int


def published_example(prompt: str, completion: str) -> dict[str, str]:
    """Return an SFT example in the published form."""
    head, opening = _opening(prompt)
    statement = head.removeprefix(USER).removesuffix(ASSISTANT)
    return {"query": statement, "response": opening + completion}


def published_pair(pair: TextPair) -> dict[str, str | int]:
    """Return a preference pair in the published form."""
    head, opening = _opening(pair.prompt)
    if pair.kind == "answer":
        head, opening = head.removesuffix(ASSISTANT), ASSISTANT + opening
    return {
        "prompt": head,
        "neg": opening + pair.rejected,
        "pos": opening + pair.chosen,
        "neg_count": pair.n_rejected,
        "pos_count": pair.n_chosen,
    }


def _opening(prompt: str) -> tuple[str, str]:
    """Return a prompt without the opening of the code, and that opening: in the published form it belongs to the first step."""
    return (prompt.removesuffix(CODE), CODE) if prompt.endswith(ASSISTANT + CODE) else (prompt, "")
