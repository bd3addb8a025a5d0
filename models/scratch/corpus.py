"""What a base model reads: texts, and which parts of them it should not learn to write. Pure data, no torch."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

IGNORED = -100
"""The label of a token that the loss does not see (the convention of torch and transformers)."""


@dataclass(frozen=True, slots=True)
class TrainingText:
    """A text of a corpus. silent_spans: [start, end) characters that the model reads and never learns to predict.

    n_prompt_characters: the leading part that states the problem, whose loss has a weight of its own.
    """

    text: str
    silent_spans: tuple[tuple[int, int], ...]
    n_prompt_characters: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as tokens that ends with the end-of-text token. labels: IGNORED where the loss does not look."""

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    n_prompt: int


def tokenized(texts: Iterable[TrainingText], tokenizer: PreTrainedTokenizerFast, max_length: int) -> tuple[list[Tokens], int]:
    """Return the texts as tokens, and how many were dropped because they are longer than max_length tokens."""
    kept: list[Tokens] = []
    n_dropped = 0
    for chunk in _chunks(texts, 1024):
        encoded = tokenizer([text.text for text in chunk], return_offsets_mapping=True, add_special_tokens=False)
        for text, ids, offsets in zip(chunk, encoded["input_ids"], encoded["offset_mapping"], strict=True):
            if len(ids) >= max_length:
                n_dropped += 1
                continue
            kept.append(_labelled(text, ids, offsets, tokenizer.eos_token_id))
    return kept, n_dropped


def _labelled(text: TrainingText, ids: Sequence[int], offsets: Sequence[tuple[int, int]], end_of_text: int) -> Tokens:
    labels = list(ids)
    for position, (start, end) in enumerate(offsets):
        if any(start < silent_end and silent_start < end for silent_start, silent_end in text.silent_spans):
            labels[position] = IGNORED
    n_prompt = sum(1 for _, end in offsets if end <= text.n_prompt_characters)
    return Tokens((*ids, end_of_text), (*labels, end_of_text), n_prompt)


def _chunks(texts: Iterable[TrainingText], size: int) -> Iterator[list[TrainingText]]:
    chunk: list[TrainingText] = []
    for text in texts:
        chunk.append(text)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
