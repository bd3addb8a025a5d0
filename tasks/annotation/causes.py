"""Why a step does not come out the same when it is run again: what of its code asks for something that no path decides.

Steps draw at random and read the clocks of `time` as their path decides (tasks/sandbox/guest/sources.py). What is left is named
here, from the code alone, and only once an output did differ: a step that asks and does not show it is as good as any.
"""

import ast
import re
from collections.abc import Sequence
from typing import Final

from warehouse.records import Outcome

_ADDRESS: Final = "an address in memory"
_CLOCK: Final = "the true clock"
_PROCESS: Final = "its process"

_ASKS: Final = {
    "id": _ADDRESS,
    "hash": _ADDRESS,
    "__hash__": _ADDRESS,
    "now": _CLOCK,
    "utcnow": _CLOCK,
    "clock_gettime": _CLOCK,
    "clock_gettime_ns": _CLOCK,
    "uuid1": _CLOCK,
    "getpid": _PROCESS,
    "getrandom": "the machine's entropy",
    "getrusage": _PROCESS,
    "times": _PROCESS,
}
"""What a name asks for. hash: an object without a __hash__ of its own has that of its address; texts hash alike every time."""

_PRINTED_ADDRESS: Final = re.compile(r"\bat 0x[0-9a-f]+")


def cause_of_difference(codes: Sequence[str], printed: str, outcome: Outcome) -> str:
    """Return why the last of these codes came out differently: what which of them asks for.

    printed: what the last one printed this time. outcome: how it ended this time; a limit that it hit is a cause, too.
    """
    for number, code in enumerate(codes, start=1):
        for name in _names(code):
            if name in _ASKS:
                return f"step {number} asks for {_ASKS[name]} ({name})"
    if _PRINTED_ADDRESS.search(printed):
        return f"step {len(codes)} prints {_ADDRESS}"
    if outcome not in ("ok", "error"):
        return "a limit of the sandbox was hit, which may depend on how busy the machine is"
    return "no step asks for anything known to change but, perhaps, the order of a set of objects, which hash by address"


def _names(code: str) -> list[str]:
    """Return the names and attributes that a code uses, in its order; none of code that is no Python."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)]
    used.sort(key=lambda node: (node.lineno, node.col_offset))
    return [node.id if isinstance(node, ast.Name) else node.attr for node in used]
