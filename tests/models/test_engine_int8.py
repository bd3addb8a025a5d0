"""Matrix products in 8-bit integers: how near they are, and that they follow the weights that are served."""

from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from models.engines.open import open_engine
from models.engines.settings import EngineSettings
from tests.models.conftest import VLLM
from tests.models.engine_contract import answers_of, generations

INT8 = {"quantization": "int8", "dtype": "bfloat16"}


def test_a_scale_per_row_leaves_an_error_of_half_a_step_at_most() -> None:
    import torch

    from models.engines.vllm.int8 import quantized

    weight = torch.randn(40, 300, generator=torch.Generator().manual_seed(0)) * torch.logspace(-9, 3, 40)[:, None]
    weight[7] = 0.0
    integers, scales = quantized(weight)
    assert integers.dtype == torch.int8
    assert integers.abs().max() == 127
    assert ((integers * scales - weight).abs() <= scales * 0.5001).all()


@pytest.mark.integration
@pytest.mark.parametrize("n_tokens", [1, 5, 64])
def test_a_layer_in_integers_computes_what_it_did(n_tokens: int) -> None:
    import torch

    from models.engines.vllm.int8 import pack

    generator = torch.Generator().manual_seed(n_tokens)
    weight = torch.randn(96, 128, generator=generator).bfloat16()
    bias = torch.randn(96, generator=generator).bfloat16()
    layer = SimpleNamespace(weight=torch.nn.Parameter(weight, requires_grad=False))
    pack(layer, remove_weight=True)
    x = torch.randn(n_tokens, 128, generator=generator).bfloat16()
    exact = torch.nn.functional.linear(x.float(), weight.float(), bias.float())
    assert ((layer.cpu_linear(x, layer.weight, bias).float() - exact).norm() / exact.norm()) < 0.015
    assert layer.weight.numel() == 0


@pytest.mark.integration
def test_an_engine_in_integers_serves_the_weights_that_were_loaded_last(
    random_policy: Path, random_ppm: Path, others: tuple[Path, Path]
) -> None:
    requests = generations(8, temperature=1.0)
    settings = EngineSettings(**(VLLM.model_dump() | INT8))
    with closing(open_engine(settings, random_policy, random_ppm)) as engine:
        before = answers_of(engine, requests)
        engine.load(*others)
        other = answers_of(engine, requests)
        engine.load(random_policy, random_ppm)
        assert answers_of(engine, requests) == before
        assert other != before


@pytest.mark.parametrize("setting", [{"dtype": "float32"}, {"kind": "transformers"}])
def test_a_way_of_serving_without_such_a_kernel_refuses_it(setting: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match='needs kind = "vllm" and dtype = "bfloat16"'):
        EngineSettings(**(INT8 | setting))  # type: ignore[arg-type]
