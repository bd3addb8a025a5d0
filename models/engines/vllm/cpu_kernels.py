"""What a model of a real size computes in one pass on the CPU, where vLLM without compilation takes many.

vLLM's CPU build has fused kernels for norms, the gated activation and rotary embeddings, and calls none of them on x86 (0.32):
it counts on torch.compile, whose start takes minutes. Its draw of a token computes noise for every entry of the vocabulary.
"""

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor

_BLOCK: Final = 128
"""Entries whose probabilities are summed before one is drawn among them."""

MIN_VOCABULARY: Final = 8192
"""Below it vLLM's own draw is as quick, and models keep the tokens that they have always drawn."""


def fuse(model: Any) -> int:
    """Let the layers of a bfloat16 model use vLLM's fused kernels, and return how many do."""
    from vllm.model_executor.layers.activation import SiluAndMul
    from vllm.model_executor.layers.layernorm import RMSNorm
    from vllm.model_executor.layers.rotary_embedding.base import RotaryEmbedding

    n_fused = 0
    for module in model.modules():
        if type(module) is SiluAndMul:
            module._forward_method = _silu_and_mul
        elif type(module) is RMSNorm and module.variance_size_override is None and module.has_weight:
            module._forward_method = _Norm(module)
        elif type(module) is RotaryEmbedding:
            module._forward_method = module.forward_cuda
        else:
            continue
        n_fused += 1
    return n_fused


def _silu_and_mul(gate_and_up: Tensor) -> Tensor:
    """Return silu(gate) * up, bfloat16 (tokens, width), of (tokens, 2 * width)."""
    out = gate_and_up.new_empty((*gate_and_up.shape[:-1], gate_and_up.shape[-1] // 2))
    torch.ops._C.silu_and_mul(out, gate_and_up.contiguous())
    return out


class _Norm:
    """RMSNorm in one pass, with the sum of the residual where there is one."""

    def __init__(self, norm: Any) -> None:
        self._norm = norm

    def __call__(self, x: Tensor, residual: Tensor | None = None) -> Tensor | tuple[Tensor, Tensor]:
        """Return the normed x, and beside it the new residual where one is given."""
        weight, epsilon = self._norm.weight.data, self._norm.variance_epsilon
        if residual is None:
            out = torch.empty_like(x, memory_format=torch.contiguous_format)
            torch.ops._C.rms_norm(out, x.contiguous(), weight, epsilon)
            return out
        x = x.contiguous()
        torch.ops._C.fused_add_rms_norm(x, residual, weight, epsilon)
        return x, residual


def draw_quickly(sampler: Any, vocabulary: int) -> bool:
    """Let vLLM's sampler draw by `drawn` where the vocabulary is large; return whether it does."""
    if vocabulary < MIN_VOCABULARY:
        return False
    theirs = sampler.topk_topp_sampler.forward

    def forward(
        logits: Tensor, generators: Mapping[int, torch.Generator], k: Tensor | None, p: Tensor | None
    ) -> tuple[Tensor, None]:
        if k is not None or p is not None:
            return theirs(logits, generators, k, p)  # type: ignore[no-any-return]
        numbers = torch.rand(len(logits), dtype=torch.float64)
        for row, generator in generators.items():
            numbers[row] = torch.rand((), dtype=torch.float64, generator=generator)
        return drawn(logits, numbers), None

    sampler.topk_topp_sampler.forward = forward
    return True


def drawn(logits: Tensor, numbers: Tensor) -> Tensor:
    """Return a token per row, drawn with the probabilities softmax(logits): the one at which their sum passes the row's number.

    logits: float32 (rows, vocabulary), overwritten. numbers: float64 (rows,), in [0, 1). Returned: int64 (rows,). A row's token
    depends on its own logits and number alone. Source: inversion of the distribution function, in two steps, a block and an
    entry of it; one exponential per entry is all that is computed for each of them.
    """
    weights = logits.sub_(logits.amax(-1, keepdim=True)).exp_()
    n_whole = weights.shape[1] // _BLOCK * _BLOCK
    sums = weights[:, :n_whole].reshape(len(weights), -1, _BLOCK).sum(-1)
    if n_whole < weights.shape[1]:
        sums = torch.cat([sums, weights[:, n_whole:].sum(-1, keepdim=True)], dim=1)
    upto = sums.double().cumsum(-1)
    wanted = (numbers * upto[:, -1]).unsqueeze(1)
    block = torch.searchsorted(upto, wanted, right=True).clamp_(max=sums.shape[1] - 1)
    before = torch.where(block > 0, upto.gather(1, (block - 1).clamp_(min=0)), 0.0)
    entries = block * _BLOCK + torch.arange(_BLOCK)
    inside = weights.gather(1, entries.clamp(max=weights.shape[1] - 1)).double()
    inside = torch.where(entries < weights.shape[1], inside, 0.0).cumsum(-1)
    place = torch.searchsorted(inside, wanted - before, right=True)
    # Sums in other orders differ in their last bits: a number beyond the block's end belongs to its last possible entry.
    possible = torch.searchsorted(inside, inside[:, -1:].contiguous(), right=False)
    return (block * _BLOCK + torch.minimum(place, possible)).squeeze(1)
