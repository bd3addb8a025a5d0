"""What `stargrove tiny build` does: the corpus that a base model reads, and the training of it."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from flows.code_version import code_version
from flows.display import Display
from flows.settings import Settings
from models.scratch.build import Origin, build_gsm8k_base, build_tiny_base
from models.scratch.corpus import TrainingText
from tasks.problems.gsm8k import coded_solutions
from tasks.problems.readers import read_rows
from tasks.problems.student_work import flawed_solutions
from tasks.problems.varied import varied_solutions
from tasks.search.format import ASSISTANT, MARKERS, USER, observed_spans
from warehouse.errors import BadInput

WHOLE = (USER, ASSISTANT, *MARKERS)
"""What is one token each."""


def run_build(settings: Settings, output: Path, solutions: Path | None, display: Display) -> str:
    """Return one line about the checkpoint that was built at `output`.

    Without `solutions` the corpus is flawed student work; else it is the human solutions of that GSM8K training file.
    """
    if output.exists():
        raise BadInput(f"{output} exists", hint="name a directory that does not, or remove this one")
    texts = list(student_texts(settings.base.n_texts) if solutions is None else solution_texts(settings, solutions, display))
    origin = Origin(_fingerprint(settings, solutions), code_version())
    display.stage(0, "train base")

    def report(step: int, n_steps: int, loss: float) -> None:
        display.metric("base", step, n_steps, loss)

    build = build_tiny_base if solutions is None else build_gsm8k_base
    checkpoint = build(output, settings.base, texts, WHOLE, origin, report)
    return f"{checkpoint.checkpoint_id} from {len(texts):,} texts, written to {output}"


def student_texts(n_texts: int) -> Iterator[TrainingText]:
    """Yield flawed student work on problems that no split of the loop holds."""
    for work in flawed_solutions(0, n_texts):
        yield training_text(work.prompt, work.solution)


def solution_texts(settings: Settings, path: Path, display: Display) -> Iterator[TrainingText]:
    """Yield the human solutions that belong to the base, as code, and say how many could not be used and why.

    Each is read base.n_variations times: once as it is, then with other numbers.
    """
    rows = [(str(row.fields["question"]), str(row.fields["answer"])) for row in read_rows(path) if row.fault is None]
    solutions, dropped = coded_solutions(rows)
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(dropped.items()))
    display.message(f"{len(solutions):,} solutions as code" + (f"; dropped: {reasons}" if reasons else ""))
    for solution in varied_solutions(solutions, settings.base.seed, settings.base.n_variations):
        yield training_text(solution.prompt, solution.solution())


def training_text(prompt: str, solution: str) -> TrainingText:
    """Return a prompt with its solution, in which observed output is read and never learnt."""
    text = prompt + solution
    return TrainingText(text, tuple(observed_spans(text)), len(prompt))


def _fingerprint(settings: Settings, solutions: Path | None) -> str:
    content = settings.base.model_dump(mode="json")
    content["corpus"] = "student work" if solutions is None else hashlib.sha256(solutions.read_bytes()).hexdigest()
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
