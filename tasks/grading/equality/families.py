r"""Letters that stand for any number: k in \pi/2 + 2k\pi, C in x^2 + C, c_1 in c_1 e^x. Their names mean nothing."""

import re
from typing import Final

from tasks.grading.values.expressions import Constant, Expression, Letter, Sum, letters, walk

_WHOLE_PARAMETERS: Final = frozenset("knmljNKMZ")
_NUMBERED = re.compile(r"[cCkKaAbBdD]_?\{?\d\}?")
_CONSTANTS_OF_INTEGRATION: Final = frozenset(("C", "K", "c", "k"))
_CONSTANTS: Final = _CONSTANTS_OF_INTEGRATION | {"A", "B", "D"}
_VARIABLES: Final = frozenset(("x", "t", "u", "v", "y", "z", "r", "s", "theta"))
_MAX_PARAMETERS: Final = 4


def constant_names(expression: Expression) -> frozenset[str]:
    """Return the letters that are arbitrary constants by their names: C, K, c_1, C_2, A, B."""
    return frozenset(name for name in letters(expression) if name in _CONSTANTS or _NUMBERED.fullmatch(name))


def additive_constant(expression: Expression) -> str:
    """Return the letter of a `+ C` in a sum that depends on something else, nothing where there is none.

    C is one wherever it stands; K and c only in a formula of a single variable, where they are no given quantities.
    """
    if not isinstance(expression, Sum):
        return ""
    used = [node.name for node in walk(expression) if isinstance(node, Letter)]
    alone = [name for term in expression.terms if len(letters(term)) == 1 for name in letters(term) if used.count(name) == 1]
    names = [name for name in alone if name in _CONSTANTS_OF_INTEGRATION or _NUMBERED.fullmatch(name)]
    others = letters(expression) - set(names)
    if len(names) != 1 or not others:
        return ""
    is_antiderivative = names[0] == "C" or (len(others) == 1 and others <= _VARIABLES)
    return names[0] if is_antiderivative else ""


def may_be_renamed(left: Expression, right: Expression) -> bool:
    """Return whether what one formula has and the other lacks are names of parameters alone."""
    one, other = letters(left) - letters(right), letters(right) - letters(left)
    if len(one) > _MAX_PARAMETERS or not one | other <= constant_names(left) | constant_names(right) | _WHOLE_PARAMETERS:
        return False
    if additive_constant(left) or additive_constant(right):
        return True
    if one | other <= _WHOLE_PARAMETERS and len(one) == len(other) == 1:
        return all(any(node == Constant("pi") for node in walk(side)) for side in (left, right))
    both_constant = one <= constant_names(left) and other <= constant_names(right)
    several = len(constant_names(left)) > 1 and len(constant_names(right)) > 1
    written_as_constants = any(len(name) > 1 or name == "C" for name in one | other) or (several and not one | other)
    has_variable = bool(letters(left) & letters(right) - constant_names(left))
    return both_constant and has_variable and len(one) == len(other) and (written_as_constants or several)
