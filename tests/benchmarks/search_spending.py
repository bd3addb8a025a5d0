"""What a solved problem costs, by the way of looking for its solution.

    python -m tests.benchmarks.search_spending --home HOME [--profile qwen-cpu] [--round 2] [--problems 40] [--ways rules ...]

The policy that is current in the home looks for solutions of the home's first training problems, with the settings of a round:

    rules     the search as the round runs it
    once      steps of the same code are one node
    easy      a tree whose first three rollouts all end right is done
    spending  both, and what is saved goes to unsolved trees: as many further rollouts as the round has
    public    the public solver's rules of the tree, with as many rollouts
    samples   whole solutions, until they cost what a tree of `rules` costs on the mean

Printed for each: solved problems, tokens, solved problems per million tokens and per core-hour, and what training data is made
of: right and wrong answers, and forks, from which both right and wrong steps lead on.
"""

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.settings.layers import load
from models.engines.open import open_engine
from tasks.grading.grader import open_grader
from tasks.sandbox.host.open import open_sandbox
from tasks.search.ask import Search
from tasks.search.driver import Driver, Machinery
from tasks.search.expansion import Guidance
from tasks.search.mcts import grow_tree
from tasks.search.sampling import Attempt, Plan, attempt_problem
from tasks.search.seeds import tree_id
from tasks.search.settings import SearchSettings
from tasks.search.tree import SearchTree
from tests.benchmarks.public_search import grow_publicly
from tests.benchmarks.search_ground import cpu_now
from warehouse.records import Problem
from warehouse.settings import WarehouseSettings
from warehouse.store.lake import Warehouse

WAYS = ("rules", "once", "easy", "spending", "public", "samples")


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one problem."""

    n_tokens: int
    n_right: int
    n_wrong: int
    n_forks: int
    n_nodes: int


def of_tree(tree: SearchTree) -> Found:
    verdicts = [node.verdict for node in tree.nodes]
    forks = sum(
        any(child.n_correct for child in node.children)
        and any(child.n_wrong and not child.n_correct for child in node.children)
        for node in tree.nodes
    )
    return Found(tree.n_tokens, verdicts.count("correct"), verdicts.count("wrong"), forks, len(tree.nodes))


def of_samples(attempts: Sequence[Attempt]) -> Found:
    distinct = {attempt.text: attempt.grade.verdict for attempt in attempts if attempt.grade is not None}
    verdicts = list(distinct.values())
    n_tokens = sum(attempt.n_tokens for attempt in attempts)
    return Found(n_tokens, verdicts.count("correct"), verdicts.count("wrong"), 0, 0)


def ways_to_search(settings: SearchSettings) -> dict[str, SearchSettings]:
    """Return the settings of every way that grows a tree."""
    once, easy = {"same_step": "code"}, {"n_easy_rollouts": 3}
    spending = once | easy | {"n_extra_rollouts": settings.n_extra_rollouts + settings.n_rollouts}
    changes: dict[str, dict[str, Any]] = {"rules": {}, "once": once, "easy": easy, "spending": spending, "public": {}}
    return {name: settings.model_copy(update=change) for name, change in changes.items()}


def searched(way: str, problem: Problem, search: SearchSettings, round_number: int) -> Search[SearchTree]:
    """Return the search of a way for one problem."""
    key = tree_id(round_number, 0, problem.problem_id, 0)
    guidance = Guidance(problem.answer, scored=False)
    if way == "public":
        return grow_publicly(key, problem.statement, search, guidance)
    return grow_tree(key, problem.problem_id, problem.statement, search, guidance)


def sampled(problem: Problem, budget: float, search: SearchSettings, max_program_tokens: int) -> Search[list[Attempt]]:
    """Return whole solutions, four at a time, until they have cost as many tokens."""
    plan = Plan(4, search.temperature, max_program_tokens, search.max_answer_tokens)
    attempts: list[Attempt] = []
    while sum(attempt.n_tokens for attempt in attempts) < budget:
        key = f"spending {len(attempts)} {problem.problem_id}"
        attempts += yield from attempt_problem(key, problem.statement, problem.answer, plan)
    return attempts


def figures(found: Iterable[Found], cpu_seconds: float, wall_seconds: float) -> dict[str, float]:
    """Return what a way came to."""
    problems = list(found)
    n_tokens = sum(one.n_tokens for one in problems)
    n_solved = sum(one.n_right > 0 for one in problems)
    return {
        "problems": len(problems),
        "solved": n_solved,
        "tokens": n_tokens,
        "solved per million tokens": round(1e6 * n_solved / n_tokens, 1),
        "solved per core-hour": round(3600 * n_solved / cpu_seconds, 1),
        "right answers": sum(one.n_right for one in problems),
        "wrong answers": sum(one.n_wrong for one in problems),
        "forks": sum(one.n_forks for one in problems),
        "nodes": sum(one.n_nodes for one in problems),
        "seconds": round(wall_seconds),
    }


def main() -> None:
    """Print a line per way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--profile", default="tiny-cpu")
    parser.add_argument("--round", type=int, default=2)
    parser.add_argument("--problems", type=int, default=40)
    parser.add_argument("--ways", nargs="+", default=WAYS, choices=WAYS)
    arguments = parser.parse_args()
    settings = load(arguments.profile)
    search = settings.search_of(arguments.round)
    with Warehouse.open(arguments.home, WarehouseSettings(), read_only=True) as lake:
        problems = lake.problems("train")[: arguments.problems]
        current = lake.current_checkpoint("policy")
    assert current is not None, "the home has no current policy"
    with (
        closing(open_engine(settings.engine, arguments.home / "checkpoints" / current.checkpoint_id, None)) as engine,
        closing(open_sandbox(settings.sandbox)) as sandbox,
        closing(open_grader(settings.grading)) as grader,
    ):
        machinery = Machinery(engine, sandbox, grader, time.perf_counter, lambda: False)

        def run(searches: Iterable[tuple[str, Search[Any]]]) -> tuple[list[Any], float, float]:
            before, begun = cpu_now(), time.perf_counter()
            results = [one for _, one in Driver[Any](machinery, window=search.window).run(searches)]
            return results, (cpu_now() - before).total, time.perf_counter() - begun

        budget = 0.0
        for way in arguments.ways:
            if way == "samples":
                results, cpu, wall = run(
                    (one.problem_id, sampled(one, budget, search, settings.evaluation.max_program_tokens)) for one in problems
                )
                found = [of_samples(attempts) for attempts in results]
            else:
                changed = ways_to_search(search)[way]
                results, cpu, wall = run((one.problem_id, searched(way, one, changed, arguments.round)) for one in problems)
                found = [of_tree(tree) for tree in results]
                if way == "rules":
                    budget = sum(one.n_tokens for one in found) / len(found)
            print(way, json.dumps(figures(found, cpu, wall)), flush=True)


if __name__ == "__main__":
    main()
