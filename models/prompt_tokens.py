"""Text to token ids and back, exactly: what a checkpoint's tokenizer says, with the last prompts remembered."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from models.engine import Candidate

_PROMPTS_REMEMBERED = 4096
"""A step's candidates and the scores of its siblings share their prompt; trees in flight come back to it."""

_TAIL = 8
"""Prompt tokens decoded before a continuation: enough for decoders that join a token to its neighbours."""


class Tokenizer(Protocol):
    """The part of a Hugging Face tokenizer that is used here."""

    eos_token_id: int | None

    def encode(self, text: str) -> list[int]:
        """Return token ids."""
        ...

    def decode(self, token_ids: list[int], *, skip_special_tokens: bool) -> str:
        """Return text."""
        ...

    def get_vocab(self) -> dict[str, int]:
        """Return the id of every token."""
        ...


class PromptTokens:
    """One tokenizer, remembering the ids of the last prompts and of stop strings."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._vocabulary = tokenizer.get_vocab()
        self.encode = lru_cache(_PROMPTS_REMEMBERED)(self._encode)
        self.single_tokens = lru_cache(_PROMPTS_REMEMBERED)(self._single_tokens)

    def _encode(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text))

    def _single_tokens(self, marks: tuple[str, ...]) -> list[int] | None:
        """Return the token of each stop string, or None when other tokens can hold one of them too."""
        holders = [[token for token in self._vocabulary if mark in token] for mark in marks]
        if any(tokens != [mark] for tokens, mark in zip(holders, marks, strict=True)):
            return None
        return [self._vocabulary[mark] for mark in marks]

    def candidate(self, prompt_ids: tuple[int, ...], new_ids: Sequence[int], stop: tuple[str, ...]) -> Candidate:
        """Return what was generated after the prompt, as text up to the end of the first stop string.

        Without one, an end-of-text token is no part of the text. n_tokens counts all that was generated.
        """
        text = self._continuation(prompt_ids, new_ids)
        ends = [start + len(mark) for mark in stop if (start := text.find(mark)) >= 0]
        if ends:
            return Candidate(text[: min(ends)], len(new_ids), "stop")
        if new_ids and new_ids[-1] == self._tokenizer.eos_token_id:
            text = self._continuation(prompt_ids, new_ids[:-1])
        return Candidate(text, len(new_ids), "length")

    def is_over(self, prompt_ids: tuple[int, ...], new_ids: Sequence[int], stop: tuple[str, ...]) -> bool:
        """Return whether what was generated holds a stop string or has reached the end of text."""
        return new_ids[-1] == self._tokenizer.eos_token_id or self.candidate(prompt_ids, new_ids, stop).finish == "stop"

    def _continuation(self, prompt_ids: tuple[int, ...], new_ids: Sequence[int]) -> str:
        tail = list(prompt_ids[-_TAIL:])
        before = self._tokenizer.decode(tail, skip_special_tokens=False)
        after = self._tokenizer.decode([*tail, *new_ids], skip_special_tokens=False)
        return after[len(before) :]
