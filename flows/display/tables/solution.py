"""What `stargrove solve` shows: a trajectory step by step."""

from rich.console import Group
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from tasks.evaluation.solution import Solution
from tasks.search.format import code_of


def solution_table(solution: Solution) -> Group:
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
