"""A random policy and a random PPM of the tiny model's shape, for tests of serving that need no learned one."""

from pathlib import Path
from typing import Any

from tasks.search import format as step_format

_WORDS = [*"abcdefghijklmnopqrstuvwxyz", " ", "\n", "#", "=", "+", ".", *(str(number) for number in range(100))]


def write_tokenizer(directory: Path) -> Any:
    """Save and return a word-level tokenizer in which every marker of the step format is one token."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokens = ["<pad>", "<eos>", "<unk>", *step_format.MARKERS, *_WORDS]
    tokenizer = Tokenizer(models.WordLevel({token: index for index, token in enumerate(tokens)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"<[a-z_]+>|[0-9]+|[^0-9]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")
    fast.add_special_tokens({"additional_special_tokens": list(step_format.MARKERS)})
    fast.save_pretrained(directory)
    return fast


def write_policy(directory: Path, seed: int = 0, n_layers: int = 4, *, tied: bool = True) -> Path:
    """Save a random policy and return its directory. tied: its output layer shares the weights of the embedding."""
    import torch
    from transformers import Qwen3ForCausalLM

    torch.manual_seed(seed)
    config = _config(directory, n_layers)
    config.tie_word_embeddings = tied
    Qwen3ForCausalLM(config).save_pretrained(directory)
    return directory


def write_ppm(directory: Path, seed: int = 0) -> Path:
    """Save a random PPM, whose scores spread over (-1, 1), and return its directory."""
    import torch
    from transformers import Qwen3ForSequenceClassification

    torch.manual_seed(seed)
    config = _config(directory, n_layers=4)
    config.num_labels = 1
    model = Qwen3ForSequenceClassification(config)
    torch.nn.init.normal_(model.score.weight, std=0.5)
    model.save_pretrained(directory)
    return directory


def write_torn(directory: Path, policy: Path) -> Path:
    """Save all of a policy but its weights, which cannot be read, and return the directory."""
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (directory / name).write_bytes((policy / name).read_bytes())
    (directory / "model.safetensors").write_bytes(b"torn")
    return directory


def _config(directory: Path, n_layers: int) -> Any:
    from transformers import Qwen3Config

    tokenizer = write_tokenizer(directory)
    return Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=n_layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        dtype="float32",
    )
