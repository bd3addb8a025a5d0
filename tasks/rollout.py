"""Task `rollout`: grow the search trees of one shard and commit all their nodes."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.plan import RoundPlan, Shard
from tasks.progress import TreeCount
from tasks.resources import Resources, resources_of
from tasks.search.ask import Search
from tasks.search.driver import Driver
from tasks.search.expansion import Guidance
from tasks.search.mcts import grow_tree
from tasks.search.seeds import tree_id
from tasks.search.tree import SearchTree, rows
from warehouse.records import Problem


@dataclass(frozen=True, slots=True)
class RolloutReport:
    """What a shard came to. n_solved counts problems with a correct rollout."""

    batch_id: str
    n_problems: int
    n_solved: int
    n_nodes: int
    n_tokens: int


@task(name="rollout", task_run_name="rollout {shard.name}", tags=["search"], cache_policy=NO_CACHE, retries=1)
def rollout(plan: RoundPlan, shard: Shard, policy_id: str, ppm_id: str | None) -> RolloutReport | None:
    """Grow the shard's trees with these checkpoints and commit them; None where an earlier run did."""
    resources = resources_of(plan.site)
    batch = plan.batch("rollout", shard.name)
    if resources.lake.is_committed(batch.batch_id):
        return None
    problems = resources.lake.problems("train")[shard.start : shard.stop]
    with resources.machinery(policy_id, ppm_id) as machinery:
        started = time.perf_counter()
        driver: Driver[SearchTree] = Driver(machinery, window=plan.search.window)
        trees = _grow(plan, shard, problems, resources, driver)
        wall_seconds = time.perf_counter() - started
    nodes = [node for tree in trees for node in rows(tree)]
    costs = driver.costs
    batch = replace(
        batch,
        sandbox_level=resources.sandbox_level,
        n_tokens=costs.n_tokens,
        engine_seconds=costs.engine_wall_seconds,
        sandbox_seconds=costs.sandbox_seconds,
        wall_seconds=wall_seconds,
    )
    resources.lake.commit(batch, {"nodes": nodes})
    n_solved = len({tree.problem_id for tree in trees if tree.solved})
    return RolloutReport(batch.batch_id, len(problems), n_solved, len(nodes), costs.n_tokens)


def _grow(
    plan: RoundPlan, shard: Shard, problems: list[Problem], resources: Resources, driver: Driver[SearchTree]
) -> list[SearchTree]:
    """Return the shard's trees in the order of their ids, reporting each that is finished."""
    finished: dict[str, SearchTree] = {}
    n_solved = 0
    for key, tree in driver.run(_searches(plan, problems)):
        finished[key] = tree
        n_solved += tree.solved
        resources.tally.count(shard.name, TreeCount(len(finished), n_solved, driver.costs.n_tokens))
    return [tree for _, tree in sorted(finished.items())]


def _searches(plan: RoundPlan, problems: list[Problem]) -> Iterator[tuple[str, Search[SearchTree]]]:
    scored = plan.search.q_source == "ppm"
    for problem in problems:
        for index in range(plan.search.n_trees):
            key = tree_id(plan.run_seed, plan.round, problem.problem_id, index)
            guidance = Guidance(problem.answer, scored)
            yield key, grow_tree(key, problem.problem_id, problem.statement, plan.search, guidance)
