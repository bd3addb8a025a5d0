"""The order of examples in an epoch: batches of similar length, in random order."""

import random
from collections.abc import Iterator, Sequence
from typing import Any, Final, Self

from torch.utils.data import Sampler
from transformers import Trainer

POOL_BATCHES: Final = 16
"""Examples are shuffled, then sorted by length in pools of so many batches: little padding, other batches in every epoch."""


class LengthBatches(Sampler[int]):
    """Indices whose consecutive groups of batch_size have similar lengths. Same seed and epoch, same order.

    The Trainer's own grouping by length goes from long to short through an epoch, so that the rate falls along with the length.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        self._lengths = lengths
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0

    @classmethod
    def of(cls, trainer: Trainer) -> Self:
        """Return the order of a trainer's training examples in its micro-batches."""
        examples: Any = trainer.train_dataset
        lengths = [len(ids) for ids in examples["input_ids"]]
        return cls(lengths, trainer.args.per_device_train_batch_size, trainer.args.seed)

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of this epoch; the Trainer calls it, after a resume too."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        rng = random.Random(f"length batches {self._seed} {self._epoch}")
        order = rng.sample(range(len(self._lengths)), len(self._lengths))
        n_pool = POOL_BATCHES * self._batch_size
        batches: list[list[int]] = []
        for start in range(0, len(order), n_pool):
            pool = sorted(order[start : start + n_pool], key=lambda index: self._lengths[index])
            batches += [pool[i : i + self._batch_size] for i in range(0, len(pool), self._batch_size)]
        # A smaller last batch anywhere else would shift all groups after it.
        whole = [batch for batch in batches if len(batch) == self._batch_size]
        rest = [batch for batch in batches if len(batch) < self._batch_size]
        rng.shuffle(whole)
        return iter([index for batch in [*whole, *rest] for index in batch])
