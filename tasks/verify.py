"""Task `verify`: read the round's trajectories off its trees, and run every candidate for training again."""

import time
from collections import Counter
from dataclasses import dataclass, replace

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.annotation.luck import is_lucky_code
from tasks.annotation.replay import ReplayReport, StoredStep, StoredTrajectory, replay
from tasks.plan import RoundPlan
from tasks.resources import resources_of
from tasks.search.driver import Driver, Machinery
from warehouse.records import Evaluation, Problem, VerificationRow


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """How many trajectories the round has, and how many candidates came out how."""

    n_trajectories: int
    n_verified: int
    n_differing: int
    lucky_share: float | None


@task(name="verify", task_run_name="verify", cache_policy=NO_CACHE)
def verify(plan: RoundPlan, policy_id: str) -> VerifyReport | None:
    """Write trajectories and verifications of the round; None where an earlier run did."""
    resources = resources_of(plan.site)
    lake = resources.lake
    batch = plan.batch("verify")
    if lake.is_committed(batch.batch_id):
        return None
    resources.progress.stage(plan.round, "verify")
    started = time.perf_counter()
    extracted = lake.run_statement(plan.batch("trajectories"), "annotate_trajectories", round=plan.round)
    candidates = stored_trajectories(
        lake.query("verification_candidates", round=plan.round, limit=plan.annotation.n_verified_per_problem)
    )
    with resources.machinery() as machinery:
        driver: Driver[ReplayReport] = Driver(machinery, window=plan.search.window)
        # Keys of their own: snapshots that the search left behind belong to trees, so every step runs again from the start.
        reports = [report for _, report in driver.run((f"verify/{one.trajectory_id}", replay(one)) for one in candidates)]
        trained_on = [one for one in candidates if one.rank <= plan.annotation.n_sft_per_problem]
        luck = measure_luck(trained_on, lake.problems("train"), machinery, plan.search.window)
    rows = [
        VerificationRow(one.trajectory.trajectory_id, one.trajectory.problem_id, one.verification, one.detail)
        for one in sorted(reports, key=lambda report: report.trajectory.trajectory_id)
    ]
    costs = driver.costs
    batch = replace(
        batch,
        sandbox_level=resources.sandbox_level,
        sandbox_seconds=costs.sandbox_seconds,
        wall_seconds=time.perf_counter() - started,
    )
    lake.commit(batch, {"verifications": rows, "evaluations": _lucky_share(policy_id, luck)})
    outcomes = Counter(report.verification for report in reports)
    share = sum(luck) / len(luck) if luck else None
    return VerifyReport(extracted.n_rows, outcomes["verified"], len(reports) - outcomes["verified"], share)


def measure_luck(
    trajectories: list[StoredTrajectory], problems: list[Problem], machinery: Machinery, window: int
) -> list[bool]:
    """Return, for each trajectory whose problem's numbers can be changed, whether its code is right by luck."""
    statements = {problem.problem_id: problem.statement for problem in problems}
    driver: Driver[bool | None] = Driver(machinery, window=window)
    searches = (
        (f"luck/{one.trajectory_id}", is_lucky_code(statements[one.problem_id], tuple(step.text for step in one.steps)))
        for one in trajectories
    )
    return [lucky for _, lucky in driver.run(searches) if lucky is not None]


def _lucky_share(policy_id: str, luck: list[bool]) -> list[Evaluation]:
    if not luck:
        return []
    return [Evaluation(policy_id, None, "train", "lucky_share", None, sum(luck) / len(luck), len(luck))]


def stored_trajectories(rows: pl.DataFrame) -> list[StoredTrajectory]:
    """Return the trajectories of a query with lists of texts, outcomes and stdouts from the root to the terminal node."""
    return [
        StoredTrajectory(
            trajectory_id=row["trajectory_id"],
            problem_id=row["problem_id"],
            rank=row["rank"],
            steps=tuple(
                StoredStep(text, outcome, stdout)
                for text, outcome, stdout in zip(row["texts"][1:], row["outcomes"][1:], row["stdouts"][1:], strict=True)
            ),
            answer=row["answer"],
            reference=row["reference_answer"],
        )
        for row in rows.iter_rows(named=True)
    ]
