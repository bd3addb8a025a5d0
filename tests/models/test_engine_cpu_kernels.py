"""How a token is drawn from a large vocabulary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("vocabulary", [1, 5, 128, 300, 1024])
def test_numbers_spread_evenly_over_0_to_1_draw_each_token_as_often_as_it_is_likely(vocabulary: int) -> None:
    import torch

    from models.engines.vllm.cpu_kernels import drawn

    n_rows = 20_000
    logits = 2.0 * torch.randn(vocabulary, generator=torch.Generator().manual_seed(vocabulary))
    numbers = (torch.arange(n_rows, dtype=torch.float64) + 0.5) / n_rows
    tokens = drawn(logits.repeat(n_rows, 1), numbers)
    shares = torch.bincount(tokens, minlength=vocabulary) / n_rows
    assert (shares - logits.softmax(-1)).abs().max() < 2 / n_rows
    assert torch.equal(tokens, tokens.sort().values), "a larger number never draws an earlier token"


@given(seed=st.integers(0, 2**31), vocabulary=st.integers(1, 600), number=st.sampled_from([0.0, 0.5, 1 - 2**-53]))
def test_only_possible_tokens_are_drawn_whatever_else_is_in_the_batch(seed: int, vocabulary: int, number: float) -> None:
    import torch

    from models.engines.vllm.cpu_kernels import drawn

    generator = torch.Generator().manual_seed(seed)
    logits = 30.0 * torch.randn(3, vocabulary, generator=generator)
    logits[:, torch.rand(vocabulary, generator=generator) < 0.5] = float("-inf")
    logits[:, vocabulary // 2] = 1.0
    numbers = torch.full((3,), number, dtype=torch.float64)
    together = drawn(logits.clone(), numbers)
    assert all(logits[row, token] > float("-inf") for row, token in enumerate(together.tolist()))
    alone = [int(drawn(logits[row : row + 1].clone(), numbers[row : row + 1])) for row in range(3)]
    assert together.tolist() == alone
