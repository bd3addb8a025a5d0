"""Text to token ids and back, exactly: what a checkpoint's tokenizer says, at a fraction of its cost.

Prefixes of a tree share their steps, and a tokenizer cuts a text at its added tokens (the markers of the step format) before it
does anything else. So each stretch between two added tokens is encoded once and remembered.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

from models.engines.base import Candidate

_PIECES_REMEMBERED: Final = 20_000
"""Stretches of text: statements, steps, outputs. About 500 bytes each."""

_PROMPTS_REMEMBERED: Final = 2_000
"""A request's candidates, and trees that come back to a node, share their prompt."""

_TAIL: Final = 8
"""Prompt tokens decoded before a continuation: enough for decoders that join a token to its neighbours."""


class Tokenizer(Protocol):
    """The part of a Hugging Face tokenizer that is used here."""

    eos_token_id: int | None
    added_tokens_decoder: dict[int, Any]

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Return token ids."""
        ...

    def decode(self, token_ids: list[int], *, skip_special_tokens: bool) -> str:
        """Return text."""
        ...

    def get_vocab(self) -> dict[str, int]:
        """Return the id of every token."""
        ...


class PromptTokens:
    """One tokenizer, remembering the ids of the last prompts and stretches of text."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._vocabulary = tokenizer.get_vocab()
        self._added = {token.content: token_id for token_id, token in tokenizer.added_tokens_decoder.items()}
        # The longest first: where two begin at the same place, a tokenizer takes the longer one.
        longest_first = sorted(self._added, key=len, reverse=True)
        self._cut = re.compile(f"({'|'.join(map(re.escape, longest_first))})") if longest_first else None
        self._piece = lru_cache(_PIECES_REMEMBERED)(self._encode_piece)
        if self._cut is not None and not self._pieces_make_the_whole():
            self._cut = None
        self.encode = lru_cache(_PROMPTS_REMEMBERED)(self._encode)
        self.single_tokens = lru_cache(_PROMPTS_REMEMBERED)(self._single_tokens)

    def _encode(self, text: str) -> tuple[int, ...]:
        if self._cut is None:
            return tuple(self._tokenizer.encode(text, add_special_tokens=True))
        return self._by_pieces(self._cut, text)

    def _by_pieces(self, cut: re.Pattern[str], text: str) -> tuple[int, ...]:
        token_ids: list[int] = []
        # Every second part is an added token, because the pattern is one group.
        for position, part in enumerate(cut.split(text)):
            if position % 2:
                token_ids.append(self._added[part])
            elif part:
                token_ids.extend(self._piece(part))
        return tuple(token_ids)

    def _encode_piece(self, text: str) -> tuple[int, ...]:
        return tuple(self._tokenizer.encode(text, add_special_tokens=False))

    def _pieces_make_the_whole(self) -> bool:
        """Return whether this tokenizer treats a stretch of text alike wherever it stands.

        Some put a token before every text, or a space before its first word, or drop spaces beside an added token.
        """
        whole = "".join(f"a b{mark}a b {mark} 1 + a\n{mark}{mark}\na" for mark in self._added)
        return self._cut is not None and self._by_pieces(self._cut, whole) == tuple(
            self._tokenizer.encode(whole, add_special_tokens=True)
        )

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
