"""Read tests that are written as code: `assert f(1, 2) == 3`. Nothing is run for that.

HumanEval has a function `check(candidate)` full of them, MBPP a list. What is no plain call compared with a plain value (a
loop, a tolerance, a call inside a call) cannot be taken apart, and its problem is refused: half of the tests would be another.
"""

import ast
from collections.abc import Sequence

from tasks.domains.programs.hidden_tests import Case
from tasks.problems.rows import RowError


def cases_in_check(code: str) -> tuple[Case, ...]:
    """Return the cases of a function `check(candidate)`. Raises RowError."""
    functions = [node for node in _parsed(code).body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    if len(functions) != 1:
        raise RowError("the tests hold no function check(candidate)")
    return _cases(functions[0].body, "candidate")


def cases_in_asserts(code: str) -> tuple[str, tuple[Case, ...]]:
    """Return the name of the function that all asserts call, and their cases. Raises RowError."""
    body = _parsed(code).body
    called = {name for node in body if (name := _called(node)) is not None}
    if len(called) != 1:
        raise RowError("the tests are no plain calls of one function")
    (function,) = called
    return function, _cases(body, function)


def _parsed(code: str) -> ast.Module:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise RowError(f"the tests are no Python: {error}") from error


def _cases(body: Sequence[ast.stmt], function: str) -> tuple[Case, ...]:
    cases: list[Case] = []
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant | ast.Name):
            continue  # a docstring, or a word that says nothing
        if not isinstance(node, ast.Assert):
            raise RowError(f"a test is more than an assert: {_short(node)}")
        if not isinstance(node.test, ast.Constant):  # `assert True, "..."` tests nothing
            cases.append(_case(node, function))
    return tuple(cases)


def _case(node: ast.Assert, function: str) -> Case:
    match node.test:
        case ast.Compare(left=ast.Call() as call, ops=[ast.Eq() | ast.Is()], comparators=[expected]):
            return Case(_arguments(call, function, node), _literal(expected, node))
        case ast.Call() as call:
            return Case(_arguments(call, function, node), "True")
        case ast.UnaryOp(op=ast.Not(), operand=ast.Call() as call):
            return Case(_arguments(call, function, node), "False")
    raise RowError(f"a test is no plain call: {_short(node)}")


def _arguments(call: ast.Call, function: str, node: ast.Assert) -> str:
    """Return the arguments of a call as code, which holds no names: what they stood for would not be there."""
    whole = [*call.args, *(keyword.value for keyword in call.keywords)]
    names = any(isinstance(inner, ast.Name | ast.Starred) for one in whole for inner in ast.walk(one))
    if not isinstance(call.func, ast.Name) or call.func.id != function or names:
        raise RowError(f"a test is no plain call of {function}: {_short(node)}")
    keywords = [f"{keyword.arg}={ast.unparse(keyword.value)}" for keyword in call.keywords if keyword.arg]
    return ", ".join([*map(ast.unparse, call.args), *keywords])


def _literal(expected: ast.expr, node: ast.Assert) -> str:
    try:
        return repr(ast.literal_eval(expected))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        raise RowError(f"what a test expects is no plain value: {_short(node)}") from None


def _called(node: ast.stmt) -> str | None:
    """Return the function that an assert calls first."""
    calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)] if isinstance(node, ast.Assert) else []
    return calls[0].func.id if calls and isinstance(calls[0].func, ast.Name) else None


def _short(node: ast.stmt) -> str:
    return ast.unparse(node)[:80]
