"""Where the nodes of a tree stand on a page: the root at the left, each step a column further right, no two in one place."""

from collections.abc import Iterable, Mapping

import fast_sugiyama


def laid_out(parents: Mapping[int, int]) -> dict[int, tuple[int, float]]:
    """Return (column, row) of every node; rows of one column are at least 1 apart, the first row is 0.

    parents: the parent of each node but the root. Source of the algorithm: Sugiyama et al. 1981, coordinates after Brandes and
    Köpf 2001, both as in the library.
    """
    if not parents:
        return {0: (0, 0.0)}
    edges = [(parent, node) for node, parent in sorted(parents.items())]
    (found,) = fast_sugiyama.from_edges(edges, vertex_spacing=1.0, minimum_length=1)
    places = {int(node): (x, y) for node, (x, y) in found[0]}
    top = min(x for x, _ in places.values())
    layers = {layer: column for column, layer in enumerate(_away_from(places[_root(parents)][1], places.values()))}
    return {node: (layers[layer], row - top) for node, (row, layer) in places.items()}


def _root(parents: Mapping[int, int]) -> int:
    return next(node for node in parents.values() if node not in parents)


def _away_from(first: float, places: Iterable[tuple[float, float]]) -> list[float]:
    """Return the layers, that of the root first: the library counts from wherever it likes."""
    return sorted({layer for _, layer in places}, key=lambda layer: abs(layer - first))
