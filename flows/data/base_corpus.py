"""What `stargrove tiny build` does: the corpus that a base model reads, and the training of it."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from flows.display.progress import Display
from flows.home.code_version import code_version
from flows.settings import Settings
from models.scratch.build import Origin, build_gsm8k_base, build_tiny_base
from models.scratch.corpus import TrainingText
from models.scratch.settings import BaseSettings
from tasks.domains.mathematics.gsm8k import coded_solutions, use_of
from tasks.domains.mathematics.student_work import flawed_solutions
from tasks.domains.mathematics.varied import varied_solutions
from tasks.problems.decontamination import Decontaminator
from tasks.problems.identity import problem_id
from tasks.problems.loaders import load_problems
from tasks.problems.readers import read_rows
from tasks.search.format import ASSISTANT, MARKERS, USER, observed_spans
from warehouse.errors import BadInput
from warehouse.ids import content_id
from warehouse.places.objects import exists, fetched, placed, spelled
from warehouse.records import Problem
from warehouse.stages import TRAIN_BASE

WHOLE = (USER, ASSISTANT, *MARKERS)
"""What is one token each."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Files that a base is built from: GSM8K's training file, None for student work; and test problems to keep out of it."""

    solutions: Path | None
    test: Path | None


def run_build(settings: Settings, output: Path, sources: Sources, display: Display) -> str:
    """Return one line about the checkpoint that was built at `output`."""
    if exists(output):
        raise BadInput(f"{spelled(output)} exists", hint="name a directory that does not, or remove this one")
    with ExitStack() as copies:
        local = Sources(*(path and copies.enter_context(fetched(path)) for path in (sources.solutions, sources.test)))
        texts = list(solution_texts(settings, local, display) if local.solutions else student_texts(settings.base))
        origin = Origin(_fingerprint(settings, local), code_version())
    display.stage(0, TRAIN_BASE.label)

    def report(step: int, n_steps: int, loss: float) -> None:
        display.metric(TRAIN_BASE.label, step, n_steps, loss)

    build = build_gsm8k_base if sources.solutions else build_tiny_base
    with placed(output) as place:
        checkpoint = build(place, settings.base, texts, WHOLE, origin, report)
    return f"{checkpoint.checkpoint_id} from {len(texts):,} texts, written to {spelled(output)}"


def student_texts(settings: BaseSettings) -> Iterator[TrainingText]:
    """Yield flawed student work on problems that no split of the loop holds."""
    for work in flawed_solutions(settings.seed, settings.n_texts):
        yield training_text(work.prompt, work.solution)


def solution_texts(settings: Settings, sources: Sources, display: Display) -> Iterator[TrainingText]:
    """Yield the human solutions that belong to the base, as code, and say how many could not be used and why.

    Each is read base.n_variations times: once as it is, then with other numbers.
    """
    rows = _solved_rows(sources)
    refused = _refused_questions(settings, sources, list(rows))
    solutions, dropped = coded_solutions((question, told) for question, told in rows.items() if question not in refused)
    reasons = [f"{count} {reason}" for reason, count in sorted(dropped.items())]
    reasons += [f"{len(refused)} share words with test problems"] if refused else []
    display.message(f"{len(solutions):,} solutions as code" + (f"; dropped: {', '.join(reasons)}" if reasons else ""))
    for solution in varied_solutions(solutions, settings.base.seed, settings.base.n_variations):
        yield training_text(solution.prompt, solution.solution())


def _solved_rows(sources: Sources) -> dict[str, str]:
    if sources.solutions is None:
        return {}
    rows = (row.fields for row in read_rows(sources.solutions) if row.fault is None)
    return {str(fields["question"]): str(fields["answer"]) for fields in rows if {"question", "answer"} <= fields.keys()}


def _refused_questions(settings: Settings, sources: Sources, questions: Sequence[str]) -> set[str]:
    """Return the base's own questions that share words with test problems."""
    if sources.test is None:
        return set()
    decontaminator = Decontaminator(load_problems(sources.test, "test", "test").problems, settings.gates.n_gram)
    ours = [
        Problem(problem_id(question), question, "", "base", None, "train")
        for question in questions
        if use_of(question) == "base"
    ]
    return {refusal.problem.statement for refusal in decontaminator.refusals(ours)}


def training_text(prompt: str, solution: str) -> TrainingText:
    """Return a prompt with its solution, in which observed output is read and never learnt."""
    text = prompt + solution
    return TrainingText(text, tuple(observed_spans(text)), len(prompt))


def _fingerprint(settings: Settings, sources: Sources) -> str:
    """Return 16 hex digits over what decides the weights, but for the last bits, which the number of threads moves."""
    files = {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in (("solutions", sources.solutions), ("test", sources.test))
        if path is not None
    }
    content = {**settings.base.model_dump(mode="json", exclude={"n_threads"}), **files}
    return content_id(json.dumps(content, sort_keys=True))
