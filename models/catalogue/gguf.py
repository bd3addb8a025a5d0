"""A GGUF file as a model directory: dequantized to bfloat16 by transformers, with what quantization took apart put together."""

from pathlib import Path
from typing import Any, Final

from warehouse.errors import BadInput

SUFFIX: Final = ".gguf"
_QUANTIZATION_NOISE: Final = 0.12
"""Mean difference of two copies of one table, in shares of their mean size, up to which they count as one. Measured on
Qwen2.5-Coder-0.5B, whose file holds the table with 8 and with 4 to 6 bits: 0.05; of different tables more than 1."""


def convert_gguf(file: Path, directory: Path) -> str | None:
    """Write the model of a GGUF file to a new directory, as transformers saves models, and return the licence it states.

    Raises BadInput for a file that is none, or of an architecture that transformers does not read from GGUF.
    """
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    source, name = str(file.parent), file.name
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(source, gguf_file=name, local_files_only=True)
        model: Any = transformers.AutoModelForCausalLM.from_pretrained(
            source,
            gguf_file=name,
            dtype=torch.bfloat16,
            local_files_only=True,
            quantization_config=transformers.GgufConfig(dequantize=True),
        )
    except (ValueError, KeyError, OSError, NotImplementedError) as error:
        raise BadInput(
            f"{file} cannot be read as a GGUF file: {type(error).__name__}: {error}",
            hint="take a file of a Qwen2, Qwen3, Llama, Phi-3 or Gemma model, or its original directory",
        ) from error
    _plain(model).save_pretrained(directory)
    tokenizer.save_pretrained(directory)
    return _licence(file)


def _licence(file: Path) -> str | None:
    import gguf

    field = gguf.GGUFReader(file).get_field("general.license")
    return None if field is None else str(field.contents())


def _plain(model: Any) -> Any:
    """Return the same model as if it had never been packed, which transformers would refuse to save.

    Output layer and embedding are one table again where they differ by quantization alone.
    """
    import torch

    config, weights = model.config, model.state_dict()
    vars(config).pop("quantization_config", None)
    table, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    if not config.tie_word_embeddings and table.shape == head.shape and _agree(table, head):
        config.tie_word_embeddings = True
        # The output layer is the one that such files keep with more bits.
        embeddings = [name for name, tensor in weights.items() if tensor.data_ptr() == table.data_ptr()]
        weights.update(dict.fromkeys(embeddings, head.detach()))
    with torch.device("meta"):
        plain = type(model)(config)
    plain.load_state_dict(weights, strict=False, assign=True)
    plain.tie_weights()
    return plain


def _agree(table: Any, head: Any) -> bool:
    difference = (head.detach().float() - table.detach().float()).abs().mean()
    return bool(difference < _QUANTIZATION_NOISE * head.detach().float().abs().mean())
