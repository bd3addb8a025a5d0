"""Let methods answer problems and turn what came of it into rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tasks.evaluation.methods import Answers, TestTime, answer
from tasks.evaluation.metrics import Vote
from tasks.evaluation.scoreboard import Earned, MeasuredProblem, Metric, earned, votes_of
from tasks.search.ask import Search
from tasks.search.driver import Driver, Machinery, SearchCosts
from warehouse.records import AnswerMethod, Evaluation, EvaluationAnswer, Problem, ProblemMetric, Split


@dataclass(frozen=True, slots=True)
class Contestants:
    """Whose answers are measured. ppm_id: None where no PPM scores."""

    policy_id: str
    ppm_id: str | None


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows of `evaluation_answers` and `problem_metrics`, each problem's shares with its level, and what it cost."""

    answers: list[EvaluationAnswer]
    metrics: list[ProblemMetric]
    problems: list[MeasuredProblem]
    costs: SearchCosts


def measured(
    problems: Sequence[Problem],
    methods: Sequence[AnswerMethod],
    contestants: Contestants,
    how: TestTime,
    machinery: Machinery,
    seed: str,
    on_progress: Callable[[int, int, int], None],
) -> Measured:
    """Return what the methods answered and earned, in the order of problems and methods.

    seed: stands before the ids that every answer's seed is hashed from. on_progress: told how many searches are done, of
    how many, with how many tokens. Nothing else may use the machinery meanwhile.
    """
    driver: Driver[Answers] = Driver(machinery, window=how.evaluation.window)
    found: dict[str, Answers] = {}
    for key, answers in driver.run(_searches(problems, methods, how, seed)):
        found[key] = answers
        on_progress(len(found), len(problems) * len(methods), driver.costs.n_tokens)
    rows: list[EvaluationAnswer] = []
    metrics: list[ProblemMetric] = []
    shares: list[MeasuredProblem] = []
    for problem in problems:
        for method in methods:
            answers = found[_key(problem, method)]
            votes = votes_of(answers, how.evaluation.aggregation, machinery.grader)
            rows += answer_rows(contestants, problem, method, answers, votes)
            for one in earned(method, answers, votes, how.evaluation.ks, scored=how.scored):
                metrics.append(metric_row(contestants, problem, method, one))
                shares.append(MeasuredProblem(problem.level, one))
    return Measured(rows, metrics, shares, driver.costs)


def evaluation_row(contestants: Contestants, split: Split, metric: Metric, benchmark: str | None) -> Evaluation:
    """Return a metric as a row of `evaluations`."""
    return Evaluation(
        contestants.policy_id,
        contestants.ppm_id,
        split,
        metric.name,
        metric.level,
        metric.value,
        metric.n_problems,
        benchmark,
        metric.low,
        metric.high,
        metric.tokens_per_problem,
    )


def metric_row(contestants: Contestants, problem: Problem, method: AnswerMethod, one: Earned) -> ProblemMetric:
    """Return a problem's share as a row of `problem_metrics`."""
    who = (contestants.policy_id, contestants.ppm_id)
    return ProblemMetric(*who, problem.split, problem.problem_id, method, one.metric, one.value, one.n_tokens)


def answer_rows(
    contestants: Contestants, problem: Problem, method: AnswerMethod, answers: Answers, votes: Sequence[Vote]
) -> Iterator[EvaluationAnswer]:
    """Yield a method's answers to a problem as rows of `evaluation_answers`."""
    for k_index, (attempt, vote) in enumerate(zip(answers.attempts, votes, strict=True)):
        yield EvaluationAnswer(
            policy_id=contestants.policy_id,
            ppm_id=contestants.ppm_id,
            split=problem.split,
            problem_id=problem.problem_id,
            method=method,
            k_index=k_index,
            answer=attempt.answer,
            verdict=vote.verdict,
            grading_method=attempt.grade.how if attempt.grade else None,
            ppm_score=vote.ppm_score,
            n_tokens=attempt.n_tokens,
            answer_group=vote.group,
            n_steps=attempt.n_steps,
            step_scores=attempt.step_scores,
            text=attempt.text,
        )


def _key(problem: Problem, method: AnswerMethod) -> str:
    return f"{problem.problem_id}/{method}"


def _searches(
    problems: Sequence[Problem], methods: Sequence[AnswerMethod], how: TestTime, seed: str
) -> Iterator[tuple[str, Search[Answers]]]:
    for problem in problems:
        for method in methods:
            key = _key(problem, method)
            yield key, answer(f"{seed}/{key}", problem, method, how)
