"""What `stargrove solve` does: answer one problem with the current checkpoints and show the trajectory the PPM prefers."""

from pathlib import Path

from rich.console import Group
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from flows.display.progress import Display
from flows.home.code_version import code_version
from flows.home.plans import plan_of, site_of
from flows.settings import Settings
from tasks.evaluation.methods import TestTime
from tasks.evaluation.solution import Solution, solve
from tasks.problems.identity import problem_id
from tasks.runtime.resources import Resources, opened
from tasks.search.driver import Driver
from tasks.search.format import code_of
from tasks.search.seeds import tree_id
from warehouse.errors import BadInput, StargroveError
from warehouse.places.location import has_lake, located
from warehouse.records import AnswerMethod, CheckpointRow

_MORE = {
    "greedy": "let it search: --method mcts",
    "sample": "allow more: --set evaluation.ks=[64]",
    "beam": "allow more: --set evaluation.n_beams=16",
    "mcts": "allow more: --set evaluation.n_search_rollouts=64",
}


def run_solve(settings: Settings, home: Path, statement: str, method: AnswerMethod, display: Display) -> int:
    """Return 0 after showing the answer. Raises BadInput before the first promotion, StargroveError without any answer."""
    if not has_lake(home) and not located(home, settings.warehouse).catalog:
        raise BadInput(f"there is no evolution in {home}", hint="grow one first: stargrove evolve, or name another --home")
    # One tree keeps one engine busy at most, so a second process would only cost its start.
    alone = settings.model_copy(update={"engine": settings.engine.model_copy(update={"n_processes": 0})})
    with opened(site_of(alone, home), display) as resources:
        policy, ppm = _current(resources, method)
        plan = plan_of(settings, home, policy.round, code_version())
        how = TestTime(plan.evaluation, plan.search, ppm is not None, resources.domain.wording)
        key = tree_id(plan.run_seed, 0, problem_id(statement), 0)
        with resources.machinery(policy.checkpoint_id, ppm.checkpoint_id if ppm else None) as machinery:
            driver: Driver[Solution] = Driver(machinery, window=1)
            ((_, solution),) = driver.run([(key, solve(key, statement, method, how))])
    if not solution.steps:
        raise StargroveError(f"none of {solution.counts} ends in an answer", hint=_MORE[method])
    display.show(picture(solution))
    return 0


def _current(resources: Resources, method: AnswerMethod) -> tuple[CheckpointRow, CheckpointRow | None]:
    """Return the current policy, and the current PPM where the method needs one."""
    policy = resources.lake.current_checkpoint("policy")
    ppm = None if method == "greedy" else resources.lake.current_checkpoint("ppm")
    if policy is None or (ppm is None and method != "greedy"):
        raise BadInput(f"no round of {resources.site.home} is promoted yet", hint="finish one: stargrove evolve")
    return policy, ppm


def picture(solution: Solution) -> Group:
    """Return the trajectory for people: its code with a PPM score per step, what it printed, and the answer."""
    table = Table("step", "code", "PPM", box=None, padding=(0, 2, 0, 0))
    for number, (text, score) in enumerate(solution.steps, start=1):
        code = Syntax(code_of(text), "python", theme="ansi_light", background_color="default")
        table.add_row(str(number), code, "" if score is None else f"{score:+.3f}")
    return Group(
        table,
        Text(f"output  {solution.printed}"),
        Text(f"answer  {solution.answer}", style="bold"),
        Text(f"{solution.counts}, {solution.n_tokens:,} tokens", style="dim"),
    )
