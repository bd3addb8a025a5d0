"""Packs of tokens as one padded batch: what a transformer needs to see a tree of tokens as separate sequences."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from models.training.tree_packing import ancestor_mask


def padded(packs: Sequence[dict[str, Any]], pad_token_id: int) -> dict[str, Tensor]:
    """Return packs, as rows of a data set hold them, as one batch that is padded on the right.

    input_ids, position_ids: int64 (packs, tokens). attention_mask: bool (packs, 1, tokens, tokens), true where a token sees
    another; padding sees itself, as a row without any true entry has no softmax. n_tokens: int64 (), without padding.
    """
    n_columns = max(len(pack["input_ids"]) for pack in packs)
    input_ids = torch.full((len(packs), n_columns), pad_token_id)
    position_ids = torch.zeros_like(input_ids)
    attention_mask = torch.eye(n_columns, dtype=torch.bool).repeat(len(packs), 1, 1, 1)
    for row, pack in enumerate(packs):
        n_tokens = len(pack["input_ids"])
        input_ids[row, :n_tokens] = torch.tensor(pack["input_ids"])
        position_ids[row, :n_tokens] = torch.tensor(pack["positions"])
        attention_mask[row, 0, :n_tokens, :n_tokens] = torch.from_numpy(ancestor_mask(pack["parents"]))
    return {
        "input_ids": input_ids,
        "position_ids": position_ids,
        "attention_mask": attention_mask,
        "n_tokens": torch.tensor(sum(len(pack["input_ids"]) for pack in packs)),
    }


def hidden_states(model: Any, batch: dict[str, Tensor]) -> Tensor:
    """Return the last hidden state at every token of a batch: (packs * tokens, width). `model`: with or without adapters."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    hidden: Tensor = inner.base_model(
        input_ids=batch["input_ids"],
        attention_mask=batch["attention_mask"],
        position_ids=batch["position_ids"],
        use_cache=False,
    ).last_hidden_state
    return hidden.flatten(0, 1)
