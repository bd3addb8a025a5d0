"""Let methods answer problems and turn what came of it into rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tasks.evaluation.answer_log import AnswerLog, LoggedAnswers
from tasks.evaluation.methods import Answers, TestTime, answer, scored
from tasks.evaluation.metrics import Vote
from tasks.evaluation.scoreboard import Earned, MeasuredProblem, Metric, earned, votes_of
from tasks.grading.base import Grader
from tasks.search.driver import Driver, Machinery
from tasks.search.lane import SearchCosts
from warehouse.measured import AnswerMethod, Evaluation, EvaluationAnswer, ProblemMetric
from warehouse.records import Problem, Split


@dataclass(frozen=True, slots=True)
class Contestants:
    """Whose answers are measured. ppm_id: None where no PPM scores."""

    policy_id: str
    ppm_id: str | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What methods answered to problems, by problem id and method, and what it cost. To be changed by nobody."""

    found: Mapping[tuple[str, AnswerMethod], Answers]
    costs: SearchCosts


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows of `evaluation_answers` and `problem_metrics`, and each problem's shares with its level."""

    answers: list[EvaluationAnswer]
    metrics: list[ProblemMetric]
    problems: list[MeasuredProblem]


def answered(
    problems: Sequence[Problem],
    methods: Sequence[AnswerMethod],
    how: TestTime,
    machinery: Machinery,
    seed: str,
    on_progress: Callable[[int, int, int], None],
    log: AnswerLog | None = None,
) -> Answered:
    """Return what the methods answer.

    seed: stands before the ids that every answer's seed is hashed from. on_progress: told how many searches are done, of
    how many, with how many tokens. log: what was answered before it was interrupted, and where to write what is answered
    now. Nothing else may use the machinery meanwhile.
    """
    driver: Driver[Answers] = Driver(machinery, window=how.evaluation.window)
    before = log.read() if log else []
    found = {(one.problem_id, one.method): one.answers for one in before}
    costs = before[-1].costs if before else SearchCosts()
    asked = [(problem, method) for problem in problems for method in methods]
    todo = {_name(*one): one for one in asked if (one[0].problem_id, one[1]) not in found}
    searches = ((name, answer(f"{seed}/{name}", problem, method, how)) for name, (problem, method) in todo.items())
    for name, answers in driver.run(searches):
        problem, method = todo[name]
        found[problem.problem_id, method] = answers
        if log:
            log.add(LoggedAnswers(problem.problem_id, method, answers, costs.plus(driver.costs)))
        on_progress(len(found), len(asked), costs.n_tokens + driver.costs.n_tokens)
    return Answered(found, costs.plus(driver.costs))


def with_scores(problems: Sequence[Problem], unscored: Answered, how: TestTime, machinery: Machinery) -> Answered:
    """Return answers that were written before there was a PPM, with its scores of the samples."""
    driver: Driver[Answers] = Driver(machinery, window=how.evaluation.window)
    samples = {problem.problem_id: (problem, unscored.found.get((problem.problem_id, "sample"))) for problem in problems}
    searches = ((problem_id, scored(problem, answers, how)) for problem_id, (problem, answers) in samples.items() if answers)
    found = {**unscored.found, **{(problem_id, "sample"): answers for problem_id, answers in driver.run(searches)}}
    return Answered(found, unscored.costs.plus(driver.costs))


def measured(
    problems: Sequence[Problem],
    methods: Sequence[AnswerMethod],
    contestants: Contestants,
    how: TestTime,
    given: Answered,
    grader: Grader,
) -> Measured:
    """Return what the answers earned, in the order of problems and methods."""
    rows: list[EvaluationAnswer] = []
    metrics: list[ProblemMetric] = []
    shares: list[MeasuredProblem] = []
    for problem in problems:
        for method in methods:
            answers = given.found[problem.problem_id, method]
            votes = votes_of(answers, how.evaluation.aggregation, grader)
            rows += answer_rows(contestants, problem, method, answers, votes)
            for one in earned(method, answers, votes, how.evaluation.ks, scored=how.scored):
                metrics.append(metric_row(contestants, problem, method, one))
                shares.append(MeasuredProblem(problem.level, one))
    return Measured(rows, metrics, shares)


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
            repairs=attempt.repairs,
        )


def _name(problem: Problem, method: AnswerMethod) -> str:
    return f"{problem.problem_id}/{method}"
