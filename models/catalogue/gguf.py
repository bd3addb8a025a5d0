"""A GGUF file as a model directory: dequantized to bfloat16 by transformers, with what quantization took apart put together."""

from pathlib import Path
from typing import Any, Final

from warehouse.errors import BadInput

SUFFIX: Final = ".gguf"
_QUANTIZATION_NOISE: Final = 0.12
"""Mean difference of two copies of one table, in shares of their mean size, up to which they count as one. Measured on
Qwen2.5-Coder-0.5B, whose file holds the table with 8 and with 4 to 6 bits: 0.05; of different tables more than 1."""


def convert_gguf(file: Path, directory: Path) -> None:
    """Write the model of a GGUF file to a new directory, as transformers saves models.

    Raises BadInput for a file that is none, or of an architecture that transformers does not read from GGUF.
    """
    import torch
    import transformers

    source, name = str(file.parent), file.name
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(source, gguf_file=name, local_files_only=True)
        model: Any = transformers.AutoModelForCausalLM.from_pretrained(
            source, gguf_file=name, dtype=torch.bfloat16, local_files_only=True
        )
    except (ValueError, KeyError, OSError, NotImplementedError) as error:
        raise BadInput(
            f"{file} cannot be read as a GGUF file: {type(error).__name__}: {error}",
            hint="take a file of a Qwen2, Qwen3, Llama, Phi-3 or Gemma model, or its original directory",
        ) from error
    # It says that the weights are still packed, and then nothing may be saved.
    del model.config.quantization_config
    _tied_again(model).save_pretrained(directory)
    tokenizer.save_pretrained(directory)


def _tied_again(model: Any) -> Any:
    """Return the model with its output layer and its embedding as one table, where they differ by quantization alone."""
    import torch

    table, head = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    if model.config.tie_word_embeddings or table.shape != head.shape or not _agree(table, head):
        return model
    weights = model.state_dict()
    names = [name for name, tensor in weights.items() if tensor.data_ptr() == table.data_ptr()]
    # The output layer is the one that such files keep with more bits.
    weights.update(dict.fromkeys(names, head.detach()))
    model.config.tie_word_embeddings = True
    with torch.device("meta"):
        tied = type(model)(model.config)
    tied.load_state_dict(weights, strict=False, assign=True)
    tied.tie_weights()
    return tied


def _agree(table: Any, head: Any) -> bool:
    difference = (head.detach().float() - table.detach().float()).abs().mean()
    return bool(difference < _QUANTIZATION_NOISE * head.detach().float().abs().mean())
