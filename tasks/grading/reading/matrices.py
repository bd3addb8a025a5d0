r"""Read matrices, determinants and the lines of cases: \\begin{pmatrix} .. \\end{pmatrix}, with a factor before it."""

from fractions import Fraction
from itertools import permutations
from typing import Final

from tasks.grading.reading.lexing.splitting import Parts, Read, all_read, group, split_at
from tasks.grading.reading.lexing.tokens import Token, written
from tasks.grading.reading.quantities.formula_words import Habit
from tasks.grading.reading.quantities.scalars import as_scalar, expression
from tasks.grading.values.expressions import MINUS_ONE, Expression, Number, Product, Sum
from tasks.grading.values.types import Matrix, Scalar, Value

_MATRICES: Final = ("matrix", "pmatrix", "bmatrix", "Bmatrix", "array", "smallmatrix", "vmatrix", "Vmatrix", "tabular")
_MAX_DETERMINANT: Final = 4


def environment(name: str, inside: Parts, read: Read) -> Value | None:
    """Return a matrix, a determinant, or the statements of cases and aligned lines."""
    lines = [line for line in split_at(inside, "\\\\") if line]
    are_statements = name == "array" and all(any(token.text == "=" for token in line) for line in lines)
    if are_statements or name in ("cases", "align", "aligned", "gather", "gathered", "equation", "split"):
        joined: Parts = []
        for line in lines:
            kept = [token for token in line if token.text != "&" or name == "cases"]
            joined += [Token("symbol", ";"), *kept] if joined else kept
        return None if any(token.text == "&" for token in joined) else read(joined)
    if name not in _MATRICES or not lines:
        return None
    rows: list[tuple[Value, ...]] = []
    for line in lines:
        cells = all_read(split_at(line, "&"), read)
        if cells is None:
            return None
        rows.append(cells)
    if len({len(row) for row in rows}) != 1:
        return None
    return _determinant(rows, inside) if name == "vmatrix" else Matrix(tuple(rows))


def _determinant(rows: list[tuple[Value, ...]], inside: Parts) -> Value | None:
    """Return the value of a small determinant as a formula."""
    size = len(rows)
    cells = [[cell.expression for cell in row if isinstance(cell, Scalar) and cell.unit is None] for row in rows]
    if size > _MAX_DETERMINANT or any(len(row) != size for row in cells):
        return None
    terms: list[Expression] = []
    for order in permutations(range(size)):
        swaps = sum(order[low] > order[high] for low in range(size) for high in range(low + 1, size))
        terms.append(Product((Number(Fraction(1 if swaps % 2 == 0 else -1)), *(cells[row][order[row]] for row in range(size)))))
    return as_scalar(Sum(tuple(terms)), written(inside))


def scaled_matrix(parts: Parts, read: Read, habit: Habit) -> Value | None:
    """Return `-2 (matrix)` or `1/3 (matrix)` with its entries multiplied."""
    place = next((index for index, token in enumerate(parts) if token.text.startswith(r"\begin{")), 0)
    if place > 1 and parts[place - 1].text in ("[", "(") and parts[-1].text in ("]", ")"):
        place -= 1
    if place == 0 or group(parts[place:]) is None:
        return None
    before = parts[:place]
    if before[-1].text in (r"\cdot", "*", r"\times") and len(before) > 1:
        before = before[:-1]
    factor: Expression | None = MINUS_ONE if written(before) == "-" else expression(before, habit)
    matrix = read(parts[place:])
    if factor is None or not isinstance(matrix, Matrix):
        return None
    rows = []
    for row in matrix.rows:
        cells = [
            as_scalar(Product((factor, cell.expression)), cell.written)
            for cell in row
            if isinstance(cell, Scalar) and cell.unit is None
        ]
        if len(cells) != len(row):
            return None
        rows.append(tuple(cells))
    return Matrix(tuple(rows))
