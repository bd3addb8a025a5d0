"""A byte-level BPE tokenizer trained on a corpus: any text comes back exactly, and each digit is a token of its own.

Single digits let a small model copy numbers it has never seen. Markers and set phrases are one token each.
"""

from collections.abc import Iterable, Sequence

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from models.scratch.word_tokenizer import END_OF_TEXT, PADDING


def train_bpe_tokenizer(texts: Iterable[str], whole: Sequence[str], n_vocabulary: int) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer of at most n_vocabulary entries, those of `whole` included."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    markers = [AddedToken(marker, special=True, normalized=False) for marker in (END_OF_TEXT, PADDING, *whole)]
    trainer = trainers.BpeTrainer(
        vocab_size=n_vocabulary,
        special_tokens=markers,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, eos_token=END_OF_TEXT, pad_token=PADDING, clean_up_tokenization_spaces=False
    )
