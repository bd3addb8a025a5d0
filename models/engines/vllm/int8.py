"""Matrix products in 8-bit integers on the CPU, for a policy whose weights are published in bfloat16.

Each row of a weight matrix gets a scale of its own when the weights are loaded, each token's activations get one at every
product; the sums are exact and the result is bfloat16 again. Processors with VNNI do twice as many such products per cycle as
of bfloat16. The embedding stays as it is. Kernels: oneDNN's, as vLLM's CPU build binds them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

LARGEST = 127
"""Of an 8-bit integer with a sign; -128 is left out, so that the range is symmetric."""


@contextmanager
def int8_layers(*, wanted: bool) -> Iterator[None]:
    """Let vLLM pack the layers of the models that it loads meanwhile in 8-bit integers, where that is wanted."""
    from vllm.model_executor.layers import utils

    packed = utils.dispatch_cpu_unquantized_gemm
    if wanted:
        utils.dispatch_cpu_unquantized_gemm = pack  # type: ignore[assignment]  # it is called by keyword
    try:
        yield
    finally:
        utils.dispatch_cpu_unquantized_gemm = packed


def quantized(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return (rows, columns) as int8, and float32 (rows, 1) scales whose product with it is nearest to the weight."""
    exact = weight.detach().float()
    scales = exact.abs().amax(1, keepdim=True).clamp_(min=torch.finfo(torch.float32).tiny) / LARGEST
    return (exact / scales).round_().to(torch.int8), scales


def pack(layer: Any, *, remove_weight: bool) -> None:
    """Let a linear layer compute with its weight in 8-bit integers, as vLLM's function of this signature packs bfloat16."""
    from vllm import _custom_ops as ops

    weight, scales = quantized(layer.weight)
    handler = ops.create_onednn_scaled_mm(weight.t(), scales, layer.weight.dtype, True, False, 32)
    n_out = layer.weight.shape[0]

    def product(x: Tensor, _: Tensor, bias: Tensor | None) -> Tensor:
        rows = x.reshape(-1, x.shape[-1])
        integers, row_scales, _zero_points = ops.onednn_scaled_int8_quant(rows)
        out = rows.new_empty((len(rows), n_out))
        ops.onednn_scaled_mm(handler, integers, out, row_scales, None, None, bias)
        return out.reshape(*x.shape[:-1], n_out)

    # The kernel keeps addresses of what it was given.
    product.kept = (weight, scales)  # type: ignore[attr-defined]
    layer.cpu_linear = product
    if remove_weight:
        layer.weight = torch.nn.Parameter(layer.weight.new_empty(0), requires_grad=False)
