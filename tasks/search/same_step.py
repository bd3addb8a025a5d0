"""Which proposed steps do the same: the same code but for its comments, its layout and the names that it introduces.

Two such steps lead to the same state and print the same, so a tree that keeps one of them loses nothing that can be executed.
Names that a step introduces are numbered in the order in which they occur; a name that the path already bound is the state, and
a builtin is what it calls, so both stay as they are. What cannot be parsed is only the same as its own text.
"""

import ast
import builtins
from collections.abc import Iterable, Iterator
from typing import Final

from tasks.search.format import code_of, is_final

_BUILTINS: Final = frozenset(dir(builtins))


def what_it_does(text: str, bound: frozenset[str]) -> str:
    """Return a form of a step's text that steps of the same effect share. bound: names that the path before it bound."""
    parsed = _parsed(code_of(text))
    if parsed is None or not parsed.body:
        return text
    numbers = {name: f"{number}" for number, name in enumerate(_introduced(parsed, bound))}
    for node in ast.walk(parsed):
        _rename(node, numbers)
    return f"{ast.dump(parsed)} {is_final(text)}"


def bound_names(codes: Iterable[str]) -> frozenset[str]:
    """Return the names that the code of a path binds anywhere, be it in a function."""
    trees = [parsed for code in codes if (parsed := _parsed(code)) is not None]
    return frozenset(name for tree in trees for name in _bindings(tree))


def _parsed(code: str) -> ast.Module | None:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: brackets in brackets in brackets
        return None


def _introduced(tree: ast.Module, bound: frozenset[str]) -> list[str]:
    """Return the names that a step binds first, each once, in the order of their places in the code."""
    return [name for name in dict.fromkeys(_bindings(tree)) if name not in bound and name not in _BUILTINS]


def _bindings(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name, asname=None):
                yield name.partition(".")[0]
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name
            case _:
                pass


def _rename(node: ast.AST, numbers: dict[str, str]) -> None:
    """Replace an introduced name by its number. Where it stands as a string, as in an import, it stays, which only keeps steps
    apart that could be one."""
    match node:
        case ast.Name(id=name) if name in numbers:
            node.id = numbers[name]
        case ast.arg(arg=name) if name in numbers:
            node.arg = numbers[name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name) if name in numbers:
            node.name = numbers[name]
        case _:
            pass
