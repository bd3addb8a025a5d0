"""Random models of the shapes that real ones have, with a trained byte-level BPE tokenizer, for tests without downloads."""

from pathlib import Path
from typing import Any, Final

from tasks.bootstrap.worked_examples import worked_examples

SHAPES: Final = ("qwen2", "qwen3", "llama", "phi3", "gemma2")
CHAT: Final = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONTEXT: Final = 4096


def write_model(directory: Path, shape: str, seed: int = 0, *, tied: bool = False) -> Path:
    """Save a random model of a shape with its tokenizer, and return the directory."""
    import torch
    import transformers

    tokenizer = bpe_tokenizer()
    tokenizer.save_pretrained(directory)
    config = transformers.AutoConfig.for_model(
        shape,
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=tied,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        dtype="float32",
    )
    torch.manual_seed(seed)
    transformers.AutoModelForCausalLM.from_config(config).save_pretrained(directory)
    return directory


def bpe_tokenizer() -> Any:
    """Return a byte-level BPE tokenizer trained on the worked examples, with a chat template and no mark of the step format."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512,
        special_tokens=[AddedToken(text, special=True) for text in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    # Solutions without their marks: the tokenizer of a model that never saw the format.
    texts = [example.statement for name in ("word-problems", "competition") for example in worked_examples(name)]
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    fast.chat_template = CHAT
    return fast


def write_gguf(model: Path, file: Path) -> None:
    """Write a model directory of the shapes qwen2 and llama as a GGUF file with float32 weights."""
    import gguf
    import transformers

    loaded: Any = transformers.AutoModelForCausalLM.from_pretrained(model)
    config, weights = loaded.config, loaded.state_dict()
    writer = gguf.GGUFWriter(str(file), config.model_type)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_vocab_size(config.vocab_size)
    writer.add_license("apache-2.0")
    _write_tokenizer(writer, model)
    names = gguf.get_tensor_name_map(getattr(gguf.MODEL_ARCH, config.model_type.upper()), config.num_hidden_layers)
    for name, tensor in weights.items():
        data = tensor.float().numpy()
        if config.model_type == "llama" and (".q_proj." in name or ".k_proj." in name):
            data = _rotary_pairs(data, config.num_attention_heads if ".q_proj." in name else config.num_key_value_heads)
        writer.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _write_tokenizer(writer: Any, model: Path) -> None:
    import json

    import gguf

    content = json.loads((model / "tokenizer.json").read_text())
    special = {token["id"] for token in content["added_tokens"]}
    vocabulary = sorted(content["model"]["vocab"].items(), key=lambda item: item[1])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list([token for token, _ in vocabulary])
    kinds = [gguf.TokenType.CONTROL if row in special else gguf.TokenType.NORMAL for _, row in vocabulary]
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in content["model"]["merges"]])
    ids = dict(vocabulary)
    writer.add_eos_token_id(ids["<|im_end|>"])
    writer.add_pad_token_id(ids["<|endoftext|>"])
    writer.add_bos_token_id(ids["<|endoftext|>"])
    writer.add_chat_template(CHAT)


def _rotary_pairs(weights: Any, n_heads: int) -> Any:
    """Return rows in the order in which GGUF files keep Llama's query and key weights."""
    return (
        weights.reshape(n_heads, 2, weights.shape[0] // n_heads // 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)
    )
