"""Task `evaluate`: measure a policy and a PPM on held-out problems: greedy pass@1, maj@k, best-of-k, pass@k."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.evaluation.metrics import trajectory_score
from tasks.evaluation.scoreboard import ProblemAnswers, scoreboard
from tasks.plan import RoundPlan
from tasks.resources import resources_of
from tasks.search.ask import Search
from tasks.search.driver import Driver
from tasks.search.sampling import Attempt, Plan, attempt_problem
from warehouse.records import AnswerMethod, Evaluation, EvaluationAnswer, Problem, Split


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The measured metrics over all levels, by name; each in [0, 1]."""

    split: Split
    metrics: dict[str, float]


METHODS: dict[Split, tuple[AnswerMethod, ...]] = {
    "train": ("greedy", "sample"),
    "validation": ("greedy",),
    "test": ("greedy", "sample"),
}
"""How the problems of a split are answered. A promotion reads greedy answers alone, so no others are paid for."""


@task(name="evaluate", task_run_name="evaluate {split}", tags=["evaluation"], cache_policy=NO_CACHE)
def evaluate(
    plan: RoundPlan, split: Split, policy_id: str, ppm_id: str | None, benchmark: str | None = None
) -> EvaluationReport | None:
    """Attempt every problem of the split, or of one benchmark in it, and commit answers and metrics.

    None where an earlier run did.
    """
    resources = resources_of(plan.site)
    what = split if benchmark is None else f"{split} {benchmark}"
    batch = plan.batch("evaluate", what)
    if resources.lake.is_committed(batch.batch_id):
        return None
    problems = [problem for problem in resources.lake.problems(split) if benchmark in (None, problem.source)]
    methods = METHODS[split]
    resources.progress.stage(plan.round, f"evaluate {what}", len(methods) * len(problems))
    with resources.machinery(policy_id, ppm_id) as machinery:
        started = time.perf_counter()
        driver: Driver[list[Attempt]] = Driver(machinery, window=plan.evaluation.window)
        attempts: Attempts = {}
        for key, result in driver.run(_searches(plan, problems, methods, scored=ppm_id is not None)):
            attempts[key] = result
            resources.progress.trees(len(attempts), len(methods) * len(problems), 0, driver.costs.n_tokens)
        answered = [_answers_of(problem, attempts) for problem in problems]
        metrics = scoreboard(answered, machinery.grader, scored=ppm_id is not None)
    answers = [
        _row(policy_id, ppm_id, problem, method, k_index, attempt)
        for problem in problems
        for method in methods
        for k_index, attempt in enumerate(attempts[_key(problem, method)])
    ]
    evaluations = [
        Evaluation(policy_id, ppm_id, split, metric.name, metric.level, metric.value, metric.n_problems, benchmark)
        for metric in metrics
    ]
    batch = replace(
        batch,
        n_tokens=driver.costs.n_tokens,
        engine_seconds=driver.costs.engine_wall_seconds,
        sandbox_seconds=driver.costs.sandbox_seconds,
        wall_seconds=time.perf_counter() - started,
    )
    resources.lake.commit(batch, {"evaluation_answers": answers, "evaluations": evaluations})
    return EvaluationReport(split, {metric.name: metric.value for metric in metrics if metric.level is None})


Attempts = dict[str, list[Attempt]]
"""Attempts by problem and method."""


def _key(problem: Problem, method: AnswerMethod) -> str:
    return f"{problem.problem_id}/{method}"


def _searches(
    plan: RoundPlan, problems: Sequence[Problem], methods: Sequence[AnswerMethod], *, scored: bool
) -> Iterator[tuple[str, Search[list[Attempt]]]]:
    settings = plan.evaluation
    limits = (settings.max_program_tokens, plan.search.max_answer_tokens)
    how = {
        "greedy": Plan(1, 0.0, *limits, scored=False),
        "sample": Plan(settings.k, settings.temperature, *limits, scored=scored),
    }
    for problem in problems:
        for method in methods:
            key = _key(problem, method)
            seed_key = f"{plan.run_seed}/{plan.round}/{key}"
            yield key, attempt_problem(seed_key, problem.statement, problem.answer, how[method])


def _row(
    policy_id: str, ppm_id: str | None, problem: Problem, method: AnswerMethod, k_index: int, attempt: Attempt
) -> EvaluationAnswer:
    return EvaluationAnswer(
        policy_id=policy_id,
        ppm_id=ppm_id,
        split=problem.split,
        problem_id=problem.problem_id,
        method=method,
        k_index=k_index,
        answer=attempt.answer,
        verdict=attempt.grade.verdict if attempt.grade else "wrong",
        ppm_score=trajectory_score(attempt.step_scores),
        n_tokens=attempt.n_tokens,
    )


def _answers_of(problem: Problem, attempts: Attempts) -> ProblemAnswers:
    return ProblemAnswers(
        level=problem.level,
        greedy=attempts[_key(problem, "greedy")][0],
        samples=tuple(attempts.get(_key(problem, "sample"), ())),
    )
