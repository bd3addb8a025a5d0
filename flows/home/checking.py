"""What `stargrove model check` does: let a model solve a handful of problems by its chat template and in plain text."""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

from flows.data.prompted_bases import prompting_for
from flows.display.progress import Display
from flows.settings import Settings
from models.catalogue.card import ModelCard, Template
from models.catalogue.catalogue import Catalogue, models_root
from models.catalogue.tokens import open_tokenizer
from models.engines.base import Engine
from models.engines.open import open_engine
from tasks.bootstrap.engine import PromptedEngine
from tasks.bootstrap.worked_examples import worked_examples
from tasks.grading.grader import open_grader
from tasks.problems.identity import problem_id
from tasks.problems.readers import read_rows
from tasks.sandbox.host.open import open_sandbox
from tasks.search.driver import Driver, Machinery
from tasks.search.format import MARKERS
from tasks.search.sampling import Attempt, Plan, attempt_problem
from warehouse.errors import BadInput

_TEMPLATES: Final[tuple[Template, ...]] = ("chat", "plain")


@dataclass(frozen=True, slots=True)
class Trial:
    """How a model did with a template. repairs: how many of the solutions needed each."""

    template: Template
    n_problems: int
    n_right: int
    n_answered: int
    repairs: dict[str, int]

    @property
    def line(self) -> str:
        """One line for people."""
        mended = ", ".join(f"{name} {n}" for name, n in sorted(self.repairs.items())) or "none"
        return f"{self.template}: {self.n_right} of {self.n_problems} right, {self.n_answered} answered; repairs: {mended}"


def run_check(settings: Settings, home: Path, name: str, problems: Path | None, display: Display) -> ModelCard:
    """Return the model's card after noting which template it does better with: more right answers, then fewer repairs."""
    catalogue = Catalogue(models_root(home), MARKERS)
    card = catalogue.card(name)
    directory = catalogue.directory(name)
    tokenizer = open_tokenizer(directory)
    todo = _problems(problems)
    with (
        closing(open_engine(settings.engine.model_copy(update={"n_processes": 0}), directory, None)) as engine,
        closing(open_sandbox(settings.sandbox)) as sandbox,
        closing(open_grader(settings.grading)) as grader,
    ):

        def machinery(prompted: Engine) -> Machinery:
            return Machinery(prompted, sandbox, grader, time.perf_counter, lambda: False)

        templates = [template for template in _TEMPLATES if template == "plain" or card.has_chat_template]
        trials = [_tried(template, todo, settings, tokenizer, engine, machinery, display) for template in templates]
    best = max(trials, key=lambda trial: (trial.n_right, trial.n_answered, -sum(trial.repairs.values())))
    return catalogue.note_template(name, best.template)


def _tried(
    template: Template,
    todo: Sequence[tuple[str, str]],
    settings: Settings,
    tokenizer: Any,
    engine: Engine,
    machinery: Any,
    display: Display,
) -> Trial:
    chosen = settings.bootstrap.examples
    examples = worked_examples("word-problems" if chosen in ("auto", "none") else chosen)
    prompted = PromptedEngine(engine, prompting_for(tokenizer, examples, template))
    plan = Plan(1, 0.0, settings.evaluation.max_program_tokens, settings.search.max_answer_tokens)
    driver: Driver[list[Attempt]] = Driver(machinery(prompted), window=settings.evaluation.window)
    searches = ((problem_id(statement), attempt_problem("check", statement, answer, plan)) for statement, answer in todo)
    attempts = [attempt for _, (attempt,) in driver.run(searches)]
    trial = Trial(
        template=template,
        n_problems=len(attempts),
        n_right=sum(one.grade is not None and one.grade.verdict == "correct" for one in attempts),
        n_answered=sum(one.answer is not None for one in attempts),
        repairs=dict(Counter(repair for one in attempts for repair in one.repairs)),
    )
    display.message(trial.line)
    return trial


def _problems(path: Path | None) -> list[tuple[str, str]]:
    """Return (statement, answer) of each problem of a file, or of the shipped ones."""
    if path is None:
        with as_file(files("tasks.bootstrap") / "examples" / "check.jsonl") as shipped:
            return _problems(shipped)
    rows = [row.fields for row in read_rows(path) if row.fault is None]
    problems = [(str(row["statement"]), str(row["answer"])) for row in rows if {"statement", "answer"} <= row.keys()]
    if not problems:
        raise BadInput(f"{path} holds no problem", hint="give JSON lines with statement and answer")
    return problems
