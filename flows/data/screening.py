"""Which problems of a file may enter a lake, and what becomes of the other rows. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.data.portion import WHOLE, Portion
from flows.data.same_answer import same_answers
from flows.settings import Settings
from tasks.domains.mathematics.gsm8k import use_of
from tasks.domains.registry import DOMAINS
from tasks.problems.decontamination import Decontaminator, Refusal
from tasks.problems.intake import LoadedProblems
from tasks.problems.loaders import load_problems
from tasks.problems.options import RECOGNISE, ReadingOptions
from warehouse.errors import BadInput
from warehouse.ids import content_id
from warehouse.places.objects import spelled
from warehouse.records import Problem, Split
from warehouse.store.lake import Warehouse

There = dict[Split, list[Problem]]
"""The problems of a lake by split."""


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How a file is read and how much of it is taken."""

    reading: ReadingOptions = RECOGNISE
    portion: Portion = WHOLE

    def fingerprint(self, file_id: str) -> str:
        """Return what tells one ingestion of a file from another: the file alone, where it is read as it is and whole."""
        said = "\x1f".join((self.reading.spelled, self.portion.spelled)).strip("\x1f")
        return content_id(f"{file_id}\x1f{said}") if said else file_id


@dataclass(frozen=True, slots=True)
class Screened:
    """accepted: what would be stored; n_of_other_use: for the base or another split; n_left: outside of the portion."""

    loaded: LoadedProblems
    accepted: list[Problem]
    refusals: tuple[Refusal, ...]
    n_of_other_use: int
    n_left: int


def problems_there(lake: Warehouse) -> There:
    """Return all problems of a lake by split."""
    return {"train": lake.problems("train"), "validation": lake.problems("validation"), "test": lake.problems("test")}


def loaded_problems(
    settings: Settings,
    local: Path,
    split: Split,
    source: str,
    reading: ReadingOptions,
    known: dict[str, str],
    taken_over: set[str],
) -> LoadedProblems:
    """Return the problems of a file as the settings' domain reads them, answers compared by its grader."""
    read = DOMAINS[settings.problems.domain].read
    with same_answers(settings) as same_answer:
        return load_problems(
            local, split, source, read=read, known=known, taken_over=taken_over, same_answer=same_answer, options=reading
        )


def screened(
    settings: Settings,
    local: Path,
    path: Path,
    split: Split,
    source: str,
    options: IngestOptions,
    there: There,
    taken_over: set[str],
) -> Screened:
    """Return what of the local copy of `path` may enter a lake with the problems that are there. Raises BadInput."""
    known = {problem.problem_id: problem.answer for problems in there.values() for problem in problems}
    loaded = loaded_problems(settings, local, split, source, options.reading, known, taken_over)
    ours = [problem for problem in loaded.problems if _is_for(settings, problem, split)]
    refusals = _refusals(ours, there, split, settings.gates.n_gram, path)
    refused = {refusal.problem.problem_id for refusal in refusals}
    usable = [problem for problem in ours if problem.problem_id not in refused]
    accepted = options.portion.of(usable)
    return Screened(loaded, accepted, refusals, len(loaded.problems) - len(ours), len(usable) - len(accepted))


def _is_for(settings: Settings, problem: Problem, split: Split) -> bool:
    """Return whether a problem is for this split. A test file is whole; GSM8K's training file is shared with the base."""
    return settings.problems.base_corpus == "separate" or split == "test" or use_of(problem.statement) == split


def _refusals(problems: Sequence[Problem], there: There, split: Split, n_gram: int, path: Path) -> tuple[Refusal, ...]:
    """Return the problems that may not enter. A test problem always may, and so the training problems must not be there yet."""
    if split != "test":
        return Decontaminator(there["test"], n_gram).refusals(problems)
    trained = Decontaminator(problems, n_gram).refusals([*there["train"], *there["validation"]])
    if trained:
        raise BadInput(
            f"{len(trained)} problems that the lake trains on share {n_gram} words in a row with {spelled(path)}",
            hint="ingest test problems first, into a new --home; then those training problems are refused",
        )
    return ()
