"""Whole solutions without a tree: greedy decoding, and independent samples for majority vote and best-of-k."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from models.engines.base import Candidate
from tasks.grading.base import Grade
from tasks.search.answering import answer_proposal, opened
from tasks.search.ask import Ask, Comparison, Proposal, Search
from tasks.search.format import END_OF_CODE, END_OF_STEP, RSTAR_MATH, Wording, code_of_all, observed
from tasks.search.seeds import hashed_seed

NOT_WRITTEN: Final = Candidate("", 0, "length")
"""A program that could not be begun: the engine refused its prompt."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a problem is attempted: k solutions at a temperature (0: greedy), within token limits, in a domain's wording."""

    k: int
    temperature: float
    max_tokens: int
    max_answer_tokens: int
    wording: Wording = RSTAR_MATH


@dataclass(frozen=True, slots=True)
class Attempt:
    """One solution. answer and grade are None where the program failed or no answer was written.

    step_scores: per step, where a PPM has scored it. repairs: what was mended in the text, as in Candidate.
    """

    text: str
    n_tokens: int
    answer: str | None
    grade: Grade | None
    step_scores: tuple[float, ...] = ()
    repairs: tuple[str, ...] = ()

    @property
    def n_steps(self) -> int:
        """Steps of the solution."""
        return len(steps_of(self.text)) if self.text else 0


def steps_of(program: str) -> list[str]:
    """Return the step texts whose concatenation is `program`."""
    parts = program.split(END_OF_STEP)
    return [part + END_OF_STEP for part in parts[:-1]] + [parts[-1]]


def attempt_problem(key: str, statement: str, reference: str | None, plan: Plan) -> Search[list[Attempt]]:
    """Return plan.k attempts at a problem, graded where there is a reference. `key` names the attempts' seeds.

    Where the prompt is too long for the policy, they are attempts of no token and without an answer.
    """
    start = plan.wording.prompt(statement)
    seeds = tuple(hashed_seed(key, index) for index in range(plan.k))
    replies = yield Ask(propose=(Proposal(start, seeds, plan.temperature, (END_OF_CODE,), plan.max_tokens),))
    programs = replies.candidates[0] or (NOT_WRITTEN,) * plan.k
    distinct = sorted({program.text for program in programs if program.finish == "stop"})
    replies = yield Ask(execute=tuple((code_of_all(steps_of(text)),) for text in distinct))
    ran = {text: run.stdout.rstrip("\n") for text, run in zip(distinct, replies.executions, strict=True) if run.outcome == "ok"}
    shown = {text: text + observed(printed) for text, printed in ran.items()}
    ended = [start + text for text in shown.values()]
    replies = yield Ask(propose=tuple(answer_proposal(one, plan.max_answer_tokens) for one in ended))
    answers = yield from opened(ended, replies.candidates, plan.max_answer_tokens)
    solutions = {program: (text, last[0]) for (program, text), last in zip(shown.items(), answers, strict=True) if last}
    return (yield from _judge(programs, solutions, reference, plan.wording))


def scored_attempts(statement: str, attempts: Sequence[Attempt], wording: Wording = RSTAR_MATH) -> Search[list[Attempt]]:
    """Return the attempts, those with an answer with the PPM's scores of their steps; equal ones are scored once."""
    start = wording.prompt(statement)
    prefixes = {attempt.text: step_prefixes(start, attempt.text) for attempt in attempts if attempt.answer is not None}
    flat = [prefix for group in prefixes.values() for prefix in group]
    replies = yield Ask(score=tuple(flat))
    scores = dict(zip(flat, replies.scores, strict=True))
    return [
        replace(
            attempt,
            step_scores=tuple(
                score
                for prefix in prefixes.get(attempt.text, ())
                if (score := scores[prefix]) is not None and math.isfinite(score)
            ),
        )
        for attempt in attempts
    ]


def step_prefixes(start: str, solution: str) -> list[str]:
    """Return the prefixes that end in each step of a solution, the last one with its output and answer."""
    program, _, _ = solution.partition(END_OF_CODE)
    steps = steps_of(program)
    return [start + "".join(steps[: end + 1]) for end in range(len(steps) - 1)] + [start + solution]


def _judge(
    programs: Sequence[Candidate], solutions: dict[str, tuple[str, Candidate]], reference: str | None, wording: Wording
) -> Search[list[Attempt]]:
    """Grade the distinct solutions, then give every program, duplicates included, what its text earned."""
    answers = {
        program: wording.read_answer(code_of_all(steps_of(program)), last.text) for program, (_, last) in solutions.items()
    }
    answered = {program: answer for program, answer in answers.items() if answer is not None}
    comparisons = () if reference is None else tuple(Comparison(answer, reference) for answer in answered.values())
    replies = yield Ask(grade=comparisons)
    grades = dict(zip(answered, replies.grades, strict=True)) if comparisons else {}
    attempts = []
    for program in programs:
        text, n_tokens, repairs = program.text, program.n_tokens, program.repairs
        if program.text in solutions:
            shown, last = solutions[program.text]
            text, n_tokens, repairs = shown + last.text, n_tokens + last.n_tokens, repairs + last.repairs
        attempts.append(Attempt(text, n_tokens, answers.get(program.text), grades.get(program.text), repairs=repairs))
    return attempts
