"""What the policy learns to write: its own words, never what code printed."""

from hypothesis import given
from hypothesis import strategies as st

from models.training.observed_blocks import loss_mask
from tasks.search.format import END_OF_OUTPUT, OUTPUT, observed, observed_spans

OBSERVED = (f"\n{OUTPUT}", END_OF_OUTPUT)
words = st.text("ab \n", max_size=6)


def characters(text: str) -> list[tuple[int, int]]:
    return [(index, index + 1) for index in range(len(text))]


@given(words, st.lists(st.one_of(words, words.map(observed)), max_size=5).map("".join))
def test_exactly_the_completion_outside_observed_blocks_is_learned(prompt: str, completion: str) -> None:
    learned = loss_mask(len(prompt), completion, characters(prompt + completion), OBSERVED)
    blocks = {index for start, end in observed_spans(completion) for index in range(start, end)}
    assert learned == [False] * len(prompt) + [index not in blocks for index in range(len(completion))]


def test_a_token_that_reaches_into_a_block_is_not_learned() -> None:
    completion = f"x{observed('5')}y"
    end = len(completion)
    assert loss_mask(0, completion, [(0, 3), (3, end - 1), (end - 1, end)], OBSERVED) == [False, False, True]
