"""Find a tree or a problem by the beginning of its id, and say what is meant where that names none, or several."""

import re
from typing import Final, Literal

from warehouse.errors import BadInput
from warehouse.store.lake import Warehouse

Kind = Literal["tree", "problem"]

_TRAJECTORY: Final = re.compile(r"([0-9a-f]{16})-\d+")
_MAX_NAMED: Final = 4
_FIND: Final = {
    "tree": "list the trees of a problem with: stargrove problem ID",
    "problem": "find one with: stargrove sql \"select problem_id, statement from problems where statement like '%...%'\"",
}


def identified(lake: Warehouse, kind: Kind, given: str) -> str:
    """Return the whole id that begins with the given characters; of a trajectory, the id of its tree.

    Raises BadInput where none does, naming the closest, or where several do, naming some.
    """
    wanted = _tree_of(given.strip()) if kind == "tree" else given.strip()
    if not wanted:
        raise BadInput(f"no {kind} is named", hint=_FIND[kind])
    rows: list[tuple[str, bool, int]] = lake.query("ids_like", kind=kind, id=wanted, limit=_MAX_NAMED).rows()
    beginning = [found for found, is_beginning, _ in rows if is_beginning]
    if wanted in beginning or len(beginning) == 1:
        return beginning[0]
    if beginning:
        some = ", ".join(beginning[: _MAX_NAMED - 1]) + (", ..." if len(beginning) == _MAX_NAMED else "")
        raise BadInput(f"several {kind}s begin with {wanted!r}: {some}", hint="give more of the one that you mean")
    raise BadInput(f"no {kind} is called {wanted!r}", hint=_meant(lake, kind, wanted, rows))


def _tree_of(given: str) -> str:
    trajectory = _TRAJECTORY.fullmatch(given)
    return trajectory[1] if trajectory else given


def _meant(lake: Warehouse, kind: Kind, wanted: str, rows: list[tuple[str, bool, int]]) -> str:
    """Return what to do: use another command for what it is, take the closest id, or look for one."""
    other = lake.query("lineage_kind", id=wanted)["kind"].to_list()
    if other:
        command = (
            "stargrove problem" if other[0] == "problem" else "stargrove tree" if other[0] == "tree" else "stargrove lineage"
        )
        return f"it is a {other[0]}: {command} {wanted}"
    closest = next((found for found, _, n_edits in rows if n_edits <= len(wanted) // 4), None)
    return f"did you mean {closest}? {_FIND[kind]}" if closest else _FIND[kind]
