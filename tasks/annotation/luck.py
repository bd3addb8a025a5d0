"""Luck: does a trajectory's code say what its problem says, or does it only reach the right number with these numbers?

A measurement beside the loop, which neither trains nor chooses on it. It needs problems whose numbers can be changed.
"""

from collections.abc import Callable

from tasks.domains.base import ChangedProgram
from tasks.search.ask import Ask, Search
from tasks.search.format import code_of_all


def is_lucky_code(
    statement: str, texts: tuple[str, ...], change: Callable[[str, str], ChangedProgram | None]
) -> Search[bool | None]:
    """Return whether the program of these steps fails once the numbers of its problem are changed.

    change: the domain's way to do that. None where it cannot be done, so that nothing can be told.
    """
    changed = change(statement, code_of_all(texts))
    if changed is None:
        return None
    replies = yield Ask(execute=((changed.code,),))
    (execution,) = replies.executions
    return execution.outcome != "ok" or execution.stdout.strip() != changed.answer
