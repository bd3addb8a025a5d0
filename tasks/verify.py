"""Task `verify`: read the round's trajectories off its trees, and run every candidate for training again."""

import time
from dataclasses import dataclass, replace
from typing import Final

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.annotation.luck import is_lucky_code
from tasks.annotation.replay import ReplayReport, StoredStep, StoredTrajectory, replay
from tasks.domains.base import ProblemDomain
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import Resources, resources_of
from tasks.search.driver import Driver, Machinery
from warehouse.measured import Evaluation
from warehouse.records import VerificationRow
from warehouse.rounds.ranges import ProblemRange
from warehouse.stages import TRAJECTORIES, VERIFY

SPARE: Final = 2
"""Trajectories that are executed again for each that is to train the policy: those that differ are replaced by the next."""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """How many trajectories the round has, how many candidates came out how, and how many of n_tried were right by luck."""

    n_trajectories: int
    n_verified: int
    n_differing: int
    lucky_share: float | None
    n_tried: int


@task(name=VERIFY.name, task_run_name=VERIFY.label, cache_policy=NO_CACHE)
def verify(plan: RoundPlan, policy_id: str) -> VerifyReport | None:
    """Write trajectories and verifications of the round, one range of problems after another; None where an earlier run did."""
    resources = resources_of(plan.site)
    lake = resources.lake
    batch = plan.batch(VERIFY)
    if lake.is_committed(batch.batch_id):
        return None
    resources.progress.stage(plan.round, VERIFY.label)
    with resources.machinery() as machinery:
        for problems in lake.problem_ranges():
            _verify_range(plan, problems, resources, machinery)
    report = VerifyReport(**lake.query("verification_counts", round=plan.round).row(0, named=True))
    share, n_tried = report.lucky_share, report.n_tried
    luck = [] if share is None else [Evaluation(policy_id, None, "train", "lucky_share", None, share, n_tried)]
    lake.commit(batch, {"evaluations": luck})
    return report


def _verify_range(plan: RoundPlan, problems: ProblemRange, resources: Resources, machinery: Machinery) -> None:
    lake = resources.lake
    batch = plan.batch(VERIFY, problems.name)
    if lake.is_committed(batch.batch_id):
        return
    own = problems.parameters
    lake.run_statement(plan.batch(TRAJECTORIES, problems.name), "annotate_trajectories", round=plan.round, **own)
    started = time.perf_counter()
    candidates = stored_trajectories(
        lake.query("verification_candidates", round=plan.round, limit=SPARE * plan.annotation.n_sft_per_problem, **own)
    )
    driver: Driver[ReplayReport] = Driver(machinery, window=plan.search.window)
    # Keys of their own: snapshots that the search left behind belong to trees, so every step runs again from the start.
    reports = [report for _, report in driver.run((f"verify/{one.trajectory_id}", replay(one)) for one in candidates)]
    luck = measure_luck(
        [one for one in candidates if one.rank <= plan.annotation.n_sft_per_problem],
        resources.domain,
        machinery,
        plan.search.window,
    )
    rows = [
        VerificationRow(
            one.trajectory.trajectory_id,
            one.trajectory.problem_id,
            one.verification,
            one.detail,
            luck.get(one.trajectory.trajectory_id),
        )
        for one in reports
    ]
    batch = replace(
        batch,
        sandbox_level=resources.sandbox_level,
        sandbox_seconds=driver.costs.sandbox_seconds,
        wall_seconds=time.perf_counter() - started,
    )
    lake.commit(batch, {"verifications": rows})


def measure_luck(
    trajectories: list[StoredTrajectory], domain: ProblemDomain, machinery: Machinery, window: int
) -> dict[str, bool | None]:
    """Return, by trajectory_id, whether its code is right by luck; None where the problem's numbers cannot be changed."""
    driver: Driver[bool | None] = Driver(machinery, window=window)
    searches = (
        (one.trajectory_id, is_lucky_code(one.statement, tuple(step.text for step in one.steps), domain.changed))
        for one in trajectories
    )
    return dict(driver.run(searches))


def stored_trajectories(rows: pl.DataFrame) -> list[StoredTrajectory]:
    """Return the trajectories of a query with lists of texts, outcomes and stdouts from the root to the terminal node."""
    return [
        StoredTrajectory(
            trajectory_id=row["trajectory_id"],
            problem_id=row["problem_id"],
            statement=row["statement"],
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
