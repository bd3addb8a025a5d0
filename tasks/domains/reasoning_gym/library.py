"""The one door to the library reasoning-gym (Apache-2.0): entries of a family at a level, and the family's verifier.

The library's own `__init__` modules import every family, and with some of them packages that are left out of the lock:
cellpylib brings matplotlib, which steps are told is not there, and pycosat wants a C compiler. So its packages are entered
without running their `__init__`, and only modules of our families are imported.
"""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec, module_from_spec
from typing import Any, Final

from tasks.domains.reasoning_gym.families import FAMILIES
from warehouse.errors import BadInput

_PACKAGE: Final = "reasoning_gym"
_SIZE: Final = 1_000_000
"""Entries that a data set of the library says it has. They are made one by one, when asked for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the library makes: a question, its own answer, and what else its verifier may look at, as JSON."""

    question: str
    answer: str
    metadata_json: str


def entries(family: str, level: int, seed: int) -> Iterator[Entry]:
    """Yield entries of a family, without end. level: of every attribute of its curriculum, from 1; above its highest, that.

    Entry i depends on seed + i alone.
    """
    factory = _factory(family)
    curriculum = factory.create_curriculum(family)
    curriculum.set_global_level(level - 1)
    configuration = curriculum.generate_configuration({"seed": seed, "size": _SIZE})
    kind = factory.DATASETS[family][0]
    # The library's default verifier compares with the answer alone, and metadata may hold a thousand primes.
    looks_at_metadata = kind.score_answer is not factory.ProceduralDataset.score_answer
    data_set = kind(configuration)
    for index in range(_SIZE):
        made = data_set[index]
        metadata = made["metadata"] if looks_at_metadata else {}
        yield Entry(made["question"].strip(), str(made["answer"]), json.dumps(metadata, sort_keys=True))


def verifier(family: str) -> Callable[[str, Entry], float]:
    """Return the library's own scoring of answers: 1 for a right one, less for whatever it thinks is near."""
    score_answer = _factory(family).get_score_answer_fn(family)

    def score(answer: str, entry: Entry) -> float:
        metadata = json.loads(entry.metadata_json)
        return float(score_answer(answer, {"question": entry.question, "answer": entry.answer, "metadata": metadata}))

    return score


@cache
def library_version() -> str:
    """Return which version of the library is installed. Raises BadInput where none is."""
    try:
        return version("reasoning-gym")
    except PackageNotFoundError as error:
        raise _missing() from error


def _factory(family: str) -> Any:
    """Return the library's factory, in which the family is registered. Raises BadInput where there is no such library."""
    module = f"{_PACKAGE}.{FAMILIES[family].module}"
    _enter(_PACKAGE)
    _enter(module.rpartition(".")[0])
    import_module(module)
    return import_module(f"{_PACKAGE}.factory")


def _enter(package: str) -> None:
    """Make a package importable from without running its `__init__`."""
    if package in sys.modules:
        return
    spec = find_spec(package)
    if spec is None:
        raise _missing()
    sys.modules[package] = module_from_spec(spec)


def _missing() -> BadInput:
    return BadInput("the library reasoning-gym is not installed", hint="install it: make install")
