"""`stargrove solve`: search for the solution of one problem with the current checkpoints."""

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import (
    DEFAULT_HOME,
    DEFAULT_PROFILE,
    FileOption,
    HomeOption,
    ProfileOption,
    SetOption,
    read_method,
)

if TYPE_CHECKING:
    from flows.settings import Settings
    from tasks.evaluation.solution import Solution
    from tasks.runtime.resources import Resources
    from warehouse.measured import AnswerMethod

NAME = "solve"

_MORE = {
    "greedy": "let it search: --method mcts",
    "sample": "allow more: --set evaluation.ks=[64]",
    "beam": "allow more: --set evaluation.n_beams=16",
    "mcts": "allow more: --set evaluation.n_search_rollouts=64",
}


def command(
    statement: Annotated[str, typer.Argument(help="The problem, in quotes.")],
    method: Annotated[
        str, typer.Option("--method", help="mcts, beam, sample (best-of-k by PPM) or greedy (no search, no PPM).")
    ] = "mcts",
    home: HomeOption = DEFAULT_HOME,
    profile: ProfileOption = DEFAULT_PROFILE,
    file: FileOption = None,
    set_: SetOption = None,
) -> None:
    """Show the trajectory that the PPM prefers: its code, its output, and the PPM score of each step."""
    from flows.settings import load
    from warehouse.errors import BadInput, StargroveError

    if not statement.strip():
        raise BadInput("the problem is empty", hint='write it in quotes: stargrove solve "Ana has 3 coins. ..."')
    chosen = read_method(method)
    settings = load(profile, file, set_ or [])
    from flows.display.progress import open_display
    from flows.display.tables.solution import solution_table
    from flows.home.plans import site_of
    from flows.home.signals import heeded
    from tasks.runtime.resources import opened
    from warehouse.places.location import require_evolution

    location = require_evolution(home, settings.warehouse)
    # One tree keeps one engine busy at most, so a second process would only cost its start.
    alone = settings.model_copy(update={"engine": settings.engine.model_copy(update={"n_processes": 0})})
    with open_display() as display, heeded() as signals, opened(site_of(alone, location), display) as resources:
        signals.tell(resources.stop)
        solution = _solved(settings, resources, statement, chosen)
        if not solution.steps:
            raise StargroveError(f"none of {solution.counts} ends in an answer", hint=_MORE[chosen])
        display.show(solution_table(solution))


def _solved(settings: "Settings", resources: "Resources", statement: str, method: "AnswerMethod") -> "Solution":
    """Return what the current checkpoints make of a problem. Raises BadInput where no round is promoted yet."""
    from tasks.evaluation.methods import TestTime
    from tasks.evaluation.solution import Solution, solve
    from tasks.problems.identity import problem_id
    from tasks.search.driver import Driver
    from tasks.search.seeds import tree_id
    from warehouse.errors import BadInput

    policy = resources.lake.current_checkpoint("policy")
    ppm = None if method == "greedy" else resources.lake.current_checkpoint("ppm")
    if policy is None or (ppm is None and method != "greedy"):
        raise BadInput(f"no round of {resources.site.home} is promoted yet", hint="finish one: stargrove evolve")
    how = TestTime(
        settings.evaluation,
        settings.search_of(resources.lake.turn(policy.round).place),
        ppm is not None,
        resources.domain.wording,
    )
    key = tree_id(settings.run.seed, 0, problem_id(statement), 0)
    with resources.machinery(policy.checkpoint_id, ppm.checkpoint_id if ppm else None) as machinery:
        driver: Driver[Solution] = Driver(machinery, window=1)
        ((_, solution),) = driver.run([(key, solve(key, statement, method, how))])
    return solution
