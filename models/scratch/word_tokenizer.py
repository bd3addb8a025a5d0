"""A word-level tokenizer for a small closed language: short sequences and exact text, whatever the text.

Every word of the corpus is one token with the space before it, so is every number up to 99; longer numbers are written two
digits at a time ("1204" as "12", "04"). Other text falls back to single characters. What stands beside a Qwen3 or Llama config
is reloaded by AutoTokenizer exactly as it was saved; beside a Qwen2 config it would get another pre-tokenizer.
"""

import re
import string
from collections.abc import Iterable, Sequence
from typing import Final

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

END_OF_TEXT: Final = "<|endoftext|>"
PADDING: Final = "<|pad|>"
UNKNOWN: Final = "<|unknown|>"

_WORD = re.compile(r" ?[A-Za-z]+| [^\sA-Za-z0-9]|\\boxed\{")
_NUMBER: Final = " ?[0-9]{1,2}"
_PRINTABLE: Final = sorted(set(string.printable) - set(string.digits) - set("\x0b\x0c\r"))


def train_word_tokenizer(texts: Iterable[str], whole: Sequence[str]) -> PreTrainedTokenizerFast:
    """Return a tokenizer for the words of these texts. whole: longer texts and markers that are one token each."""
    words = {word for text in texts for word in _WORD.findall(_without(text, whole))} | {"\n#"}
    singles = [*_PRINTABLE, *(f"{space}{number}" for space in ("", " ") for number in _numbers())]
    entries = [UNKNOWN, *singles, *sorted(words - set(singles))]
    tokenizer = Tokenizer(models.WordLevel({entry: index for index, entry in enumerate(entries)}, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(_pattern(words)), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    markers = [END_OF_TEXT, PADDING, *whole]
    tokenizer.add_special_tokens([AddedToken(marker, special=True, normalized=False) for marker in markers])
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        eos_token=END_OF_TEXT,
        pad_token=PADDING,
        unk_token=UNKNOWN,
        clean_up_tokenization_spaces=False,
    )


def _numbers() -> list[str]:
    return [*string.digits, *(f"{number:02d}" for number in range(100))]


def _pattern(words: set[str]) -> str:
    # Longest first: an alternation takes the first that fits, and " and" must not be cut by " an". A word ends where its
    # letters end, so that unknown words are spelled from their first letter on.
    by_length = sorted(words, key=lambda word: (-len(word), word))
    letters = [f"{re.escape(word)}(?![A-Za-z])" for word in by_length if word[-1].isalpha()]
    signs = [re.escape(word) for word in by_length if not word[-1].isalpha()]
    return "|".join([*letters, *signs, _NUMBER, "[\\s\\S]"])


def _without(text: str, whole: Sequence[str]) -> str:
    return re.sub("|".join(re.escape(part) for part in sorted(whole, key=len, reverse=True)), "\n", text)
