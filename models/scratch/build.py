"""Build a base checkpoint from a corpus: tokenizer, model, training, and one published directory."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from transformers import PreTrainedTokenizerFast

from models.checkpoints.store import Checkpoint, CheckpointStore, Lineage, read_checkpoint
from models.scratch.bpe_tokenizer import train_bpe_tokenizer
from models.scratch.corpus import TrainingText, tokenized
from models.scratch.settings import BaseSettings
from models.scratch.training import Report, new_model, train
from models.scratch.word_tokenizer import train_word_tokenizer
from warehouse.errors import BadInput

VOCABULARY_TEXTS: Final = 5000
"""Texts that the words are collected from: the language is closed, and its rarest word stands in one text of two hundred."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What the manifest says of where a base comes from: the fingerprint of its settings and corpus, and the code's version."""

    fingerprint: str
    code_version: str


def build_tiny_base(
    out: Path, settings: BaseSettings, texts: Iterable[TrainingText], whole: Sequence[str], origin: Origin, report: Report
) -> Checkpoint:
    """Return the checkpoint trained on these texts with a word-level tokenizer, written to the directory `out`.

    whole: markers and set phrases that are one token each. Same arguments, same weights (on one machine, with as many threads).
    Raises BadInput when `out` exists or no text can be used.
    """
    corpus = list(texts)
    tokenizer = train_word_tokenizer([text.text for text in corpus[:VOCABULARY_TEXTS]], whole)
    return build_base(out, settings, corpus, tokenizer, origin, report)


def build_gsm8k_base(
    out: Path, settings: BaseSettings, texts: Iterable[TrainingText], whole: Sequence[str], origin: Origin, report: Report
) -> Checkpoint:
    """Return the checkpoint trained on these texts of natural language with a byte-level BPE tokenizer, in the directory `out`.

    whole: markers and set phrases that are one token each. Raises BadInput when `out` exists or no text can be used.
    """
    corpus = list(texts)
    tokenizer = train_bpe_tokenizer((text.text for text in corpus), whole, settings.vocabulary_size)
    return build_base(out, settings, corpus, tokenizer, origin, report)


def build_base(
    out: Path,
    settings: BaseSettings,
    texts: Sequence[TrainingText],
    tokenizer: PreTrainedTokenizerFast,
    origin: Origin,
    report: Report,
) -> Checkpoint:
    """Return the checkpoint trained on these texts with this tokenizer, written to the directory `out`."""
    if out.exists():
        raise BadInput(f"{out} exists", hint="name a directory that does not, or remove this one")
    corpus, n_dropped = tokenized(texts, tokenizer, settings.max_length)
    if not corpus:
        raise BadInput(f"no text of at most {settings.max_length} tokens among {len(texts)}", hint="raise base.max_length")
    torch.set_num_threads(settings.n_threads)
    model = new_model(settings, len(tokenizer), tokenizer.eos_token_id, tokenizer.pad_token_id)
    loss = train(model, corpus, settings, report)
    metrics = {
        "loss": loss,
        "n_texts": float(len(corpus)),
        "n_texts_dropped": float(n_dropped),
        "n_tokens": float(settings.n_epochs * sum(len(tokens.ids) for tokens in corpus)),
        "n_parameters": float(model.num_parameters()),
    }
    lineage = Lineage(None, None, None, origin.fingerprint, origin.code_version, metrics)
    out.parent.mkdir(parents=True, exist_ok=True)
    # Beside its place, so that what has the final name is whole.
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as work:
        staged = Path(work) / "staged"
        model.save_pretrained(staged)
        tokenizer.save_pretrained(staged)
        checkpoint = CheckpointStore(Path(work)).publish("base", staged, lineage)
        checkpoint.path.rename(out)
    return read_checkpoint(out, "base")
