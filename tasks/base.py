"""Build the base model of an evolution from the corpus that its settings name."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from models.base_settings import BaseSettings
from models.checkpoints import Checkpoint
from models.scratch.build import Origin, build_gsm8k_base, build_tiny_base
from models.scratch.corpus import TrainingText
from models.scratch.training import Report
from tasks.problems.gsm8k import coded_solutions
from tasks.problems.student_work import flawed_solutions
from tasks.problems.varied import varied_solutions
from tasks.search.format import ASSISTANT, MARKERS, USER, observed_spans
from warehouse.errors import BadInput

WHOLE = (USER, ASSISTANT, *MARKERS)
"""What every tokenizer keeps as one token."""


def build_base(out: Path, settings: BaseSettings, code_version: str, report: Report) -> Checkpoint:
    """Return the base trained from scratch on the corpus that the settings name, in the directory `out`.

    Raises BadInput when `out` exists or the solutions cannot be read.
    """
    origin = Origin(_fingerprint(settings), code_version)
    if settings.corpus == "student work":
        return build_tiny_base(out, settings, student_texts(settings), WHOLE, origin, report)
    return build_gsm8k_base(out, settings, gsm8k_texts(settings), WHOLE, origin, report)


def student_texts(settings: BaseSettings) -> Iterator[TrainingText]:
    """Yield the flawed student work that the tiny base reads."""
    for work in flawed_solutions(settings.seed, settings.n_texts):
        yield _training_text(work.prompt, work.solution)


def gsm8k_texts(settings: BaseSettings) -> Iterator[TrainingText]:
    """Yield the base's half of GSM8K's human solutions as code, n_variations times, each time with other numbers."""
    solutions, _ = coded_solutions(_rows(Path(settings.solutions_file)))
    for solution in varied_solutions(solutions, settings.seed, settings.n_variations):
        yield _training_text(solution.prompt, solution.solution())


def _training_text(prompt: str, solution: str) -> TrainingText:
    text = prompt + solution
    return TrainingText(text, tuple(observed_spans(text)), len(prompt))


def _rows(path: Path) -> Iterable[tuple[str, str]]:
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise BadInput(
            f"the solutions file {str(path)!r} cannot be read: {error.strerror}",
            hint="set base.solutions_file to GSM8K's train.jsonl",
        ) from error
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            yield row["question"], row["answer"]
        except (ValueError, KeyError, TypeError) as error:
            raise BadInput(f"{path}, line {number}: no JSON object with question and answer", hint="mend the line") from error


def _fingerprint(settings: BaseSettings) -> str:
    """Return 16 hex digits over what decides the weights: the number of threads moves the last bits, and is no part."""
    return hashlib.sha256(settings.model_dump_json(exclude={"n_threads"}).encode()).hexdigest()[:16]
