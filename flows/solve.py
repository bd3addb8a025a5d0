"""What `stargrove solve` does: grow one tree with the current checkpoints, guided by the PPM, and show its best trajectory."""

from pathlib import Path

from rich.console import Group
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from flows.code_version import code_version
from flows.display import Display
from flows.plans import plan_of, site_of
from flows.settings import Settings
from tasks.evaluation.best_trajectory import best_trajectory
from tasks.plan import RoundPlan
from tasks.problems.identity import problem_id
from tasks.resources import Resources, opened
from tasks.search.driver import Driver
from tasks.search.expansion import Guidance
from tasks.search.format import boxed_answer, code_of
from tasks.search.mcts import grow_tree
from tasks.search.seeds import tree_id
from tasks.search.tree import SearchNode, SearchTree
from warehouse.errors import BadInput, StargroveError


def run_solve(settings: Settings, home: Path, statement: str, display: Display) -> int:
    """Return 0 after showing the answer. Raises BadInput before the first promotion, StargroveError without any answer."""
    if not (home / "lake").exists():
        raise BadInput(f"there is no evolution in {home}", hint="grow one first: stargrove evolve, or name another --home")
    # One tree keeps one engine busy at most, so a second process would only cost its start.
    alone = settings.model_copy(update={"engine": settings.engine.model_copy(update={"n_processes": 0})})
    with opened(site_of(alone, home), display) as resources:
        tree = solve(plan_of(settings, home, settings.run.n_rounds, code_version()), statement, resources)
    path = best_trajectory(tree)
    if not path:
        raise StargroveError(
            f"no trajectory of {tree.n_rollouts} rollouts ends in an answer",
            hint="allow more: --set evaluation.n_search_rollouts=64",
        )
    display.show(picture(tree, path))
    return 0


def solve(plan: RoundPlan, statement: str, resources: Resources) -> SearchTree:
    """Return a tree grown for the statement without a reference answer, by the current policy and PPM of the home."""
    policy = resources.lake.current_checkpoint("policy")
    ppm = resources.lake.current_checkpoint("ppm")
    if policy is None or ppm is None:
        raise BadInput(f"no round of {plan.site.home} is promoted yet", hint="finish one: stargrove evolve")
    search = plan.search.model_copy(
        update={
            "n_rollouts": plan.evaluation.n_search_rollouts,
            "n_candidates": plan.evaluation.n_search_candidates,
            "q_source": "ppm",
        }
    )
    name = problem_id(statement)
    key = tree_id(plan.run_seed, 0, name, 0)
    with resources.machinery(policy.checkpoint_id, ppm.checkpoint_id) as machinery:
        driver: Driver[SearchTree] = Driver(machinery, window=1)
        searches = [(key, grow_tree(key, name, statement, search, Guidance(None, scored=True)))]
        ((_, tree),) = driver.run(searches)
    return tree


def picture(tree: SearchTree, path: list[SearchNode]) -> Group:
    """Return the trajectory for people: its code with a PPM score per step, what it printed, and the answer."""
    table = Table("step", "code", "PPM", "visits", box=None, padding=(0, 2, 0, 0))
    for number, node in enumerate(path, start=1):
        score = "" if node.ppm_score is None else f"{node.ppm_score:+.3f}"
        code = Syntax(code_of(node.text), "python", theme="ansi_light", background_color="default")
        table.add_row(str(number), code, score, str(node.n_visits))
    printed = "".join(node.stdout for node in path).rstrip("\n")
    answer = boxed_answer(path[-1].text)
    n_answers = len({node.answer for node in tree.nodes if node.answer is not None})
    counts = f"{tree.n_rollouts} rollouts, {len(tree.nodes) - 1} nodes, {n_answers} different answers"
    return Group(table, Text(f"output  {printed}"), Text(f"answer  {answer}", style="bold"), Text(counts, style="dim"))
