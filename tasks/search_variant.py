"""Task `search_variant`: search with Q-values of one source, to see what it is worth. The trees are counted and not kept."""

import itertools

from prefect import task
from prefect.cache_policies import NO_CACHE

from tasks.evaluation.scoreboard import Earned, MeasuredProblem, summarised
from tasks.runtime.plan import RoundPlan
from tasks.runtime.resources import resources_of
from tasks.runtime.variants import MeasuredVariant, Variant
from tasks.search.driver import Driver
from tasks.search.expansion import Guidance
from tasks.search.mcts import grow_tree
from tasks.search.seeds import tree_id
from tasks.search.tree import SearchTree
from warehouse.records import Problem
from warehouse.stages import ABLATE


@task(
    name="search_variant",
    task_run_name=f"{ABLATE.label} search {{variant.label}}",
    tags=["search"],
    cache_policy=NO_CACHE,
)
def search_variant(plan: RoundPlan, variant: Variant, n_problems: int) -> MeasuredVariant:
    """Search in the hardest training problems with Q-values of this source; the trees are counted and not kept.

    coverage: problems with a correct rollout. correct_rollouts: of the distinct endings of rollouts, the share that is right.
    """
    resources = resources_of(plan.site)
    assert variant.policy_id is not None  # the caller names the round's own
    problems = hardest(resources.lake.problems("train"), n_problems)
    label = f"{ABLATE.label} search {variant.label}"
    resources.progress.stage(plan.round, label, len(problems))
    scored = variant.name == "ppm"
    settings = plan.search.model_copy(update={"q_source": variant.name, "n_extra_rollouts": 0})
    with resources.machinery(variant.policy_id, variant.ppm_id if scored else None) as machinery:
        driver: Driver[SearchTree] = Driver(machinery, window=settings.window)
        trees: dict[str, SearchTree] = {}
        for key, tree in driver.run(
            (
                problem.problem_id,
                grow_tree(
                    tree_id(plan.run_seed, plan.round, problem.problem_id, 0),
                    problem.problem_id,
                    problem.statement,
                    settings,
                    Guidance(problem.answer, scored, wording=resources.domain.wording),
                ),
            )
            for problem in problems
        ):
            trees[key] = tree
            n_solved = sum(one.solved for one in trees.values())
            resources.progress.trees(label, len(trees), len(problems), n_solved, driver.costs.n_tokens)
    measured = {problem.problem_id: _searched(problem, trees[problem.problem_id]) for problem in problems}
    shares = {(one.earned.metric, problem_id): one.earned.value for problem_id, earned in measured.items() for one in earned}
    metrics = summarised(itertools.chain.from_iterable(measured.values()))
    over_all = tuple(metric for metric in metrics if metric.level is None)
    return MeasuredVariant(variant, over_all, f"{len(problems)} hardest of train", shares)


def hardest(problems: list[Problem], n_problems: int) -> list[Problem]:
    """Return the n problems of the highest levels; ties go to the smaller id."""
    return sorted(problems, key=lambda problem: (-(problem.level or 0), problem.problem_id))[:n_problems]


def _searched(problem: Problem, tree: SearchTree) -> list[MeasuredProblem]:
    share = sum(node.verdict == "correct" for node in tree.endings) / len(tree.endings)
    values = {"coverage": float(tree.solved), "correct_rollouts": share}
    return [MeasuredProblem(problem.level, Earned(metric, value, tree.n_tokens)) for metric, value in values.items()]
