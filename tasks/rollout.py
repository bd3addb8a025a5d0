"""Task `rollout`: grow the search trees of one shard and commit all their nodes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.runtime.plan import RoundPlan, Shard
from tasks.runtime.progress import TreeCount
from tasks.runtime.resources import Resources, resources_of
from tasks.search.ask import Search
from tasks.search.driver import Driver
from tasks.search.expansion import Guidance
from tasks.search.format import Wording
from tasks.search.mcts import grow_tree
from tasks.search.seeds import tree_id
from tasks.search.tree import SearchTree, rows
from warehouse.records import Problem
from warehouse.stages import ROLLOUT
from warehouse.store.staged_file import StagedFile


@dataclass(frozen=True, slots=True)
class RolloutReport:
    """What a shard came to. n_solved counts problems with a correct rollout."""

    batch_id: str
    n_problems: int
    n_solved: int
    n_nodes: int
    n_tokens: int


@task(name=ROLLOUT.name, task_run_name=f"{ROLLOUT.label} {{shard.name}}", tags=["search"], cache_policy=NO_CACHE, retries=1)
def rollout(plan: RoundPlan, shard: Shard, policy_id: str, ppm_id: str | None) -> RolloutReport | None:
    """Grow the shard's trees with these checkpoints and commit them; None where an earlier run did."""
    resources = resources_of(plan.site)
    batch = plan.batch(ROLLOUT, shard.name)
    if resources.lake.is_committed(batch.batch_id):
        return None
    problems = resources.lake.problems("train")[shard.start : shard.stop]
    with StagedFile("nodes", batch.batch_id, plan.site.home / "staging") as nodes:
        with resources.machinery(policy_id, ppm_id, shared=True) as machinery:
            driver: Driver[SearchTree] = Driver(
                machinery,
                window=plan.search.window,
                kv=resources.kv_capacity(policy_id),
                deadline_seconds=plan.search.tree_deadline_seconds or None,
            )
            n_solved = _grow(plan, shard, problems, resources, driver, nodes)
        nodes.finish()
        costs = driver.costs
        batch = replace(
            batch,
            sandbox_level=resources.sandbox_level,
            n_tokens=costs.n_tokens,
            engine_seconds=costs.engine_wall_seconds,
            sandbox_seconds=costs.sandbox_seconds,
            wall_seconds=costs.wall_seconds,
        )
        resources.lake.commit_file(batch, nodes)
    return RolloutReport(batch.batch_id, len(problems), n_solved, nodes.n_rows, costs.n_tokens)


def _grow(
    plan: RoundPlan,
    shard: Shard,
    problems: list[Problem],
    resources: Resources,
    driver: Driver[SearchTree],
    nodes: StagedFile,
) -> int:
    """Return how many problems have a correct rollout. Each finished tree is reported, staged and forgotten at once."""
    n_done = n_solved_trees = 0
    begun = 0.0
    solved: set[str] = set()

    def count(n_begun: float) -> None:
        nonlocal begun
        begun = n_begun
        resources.tally.count(shard.name, TreeCount(n_done, n_solved_trees, driver.costs.n_tokens, begun))

    for _, tree in driver.run(_searches(plan, problems, resources.domain.wording), count):
        nodes.add(list(rows(tree)))
        n_done += 1
        if tree.solved:
            n_solved_trees += 1
            solved.add(tree.problem_id)
        count(begun)
    return len(solved)


def _searches(plan: RoundPlan, problems: list[Problem], wording: Wording) -> Iterator[tuple[str, Search[SearchTree]]]:
    scored = plan.search.q_source == "ppm"
    for problem in problems:
        for index in range(plan.search.n_trees):
            key = tree_id(plan.run_seed, plan.round, problem.problem_id, index)
            guidance = Guidance(problem.answer, scored, wording=wording)
            yield key, grow_tree(key, problem.problem_id, problem.statement, plan.search, guidance)
