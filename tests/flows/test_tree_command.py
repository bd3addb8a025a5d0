"""tree: every node of a small tree in the terminal and on a page, whatever a model wrote into it."""

import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from flows.display.tree.layout import laid_out
from flows.display.tree.page import tree_page
from flows.display.tree.reading import SearchTree, read_tree
from flows.display.tree.table import in_order, tree_view
from tests.flows.test_looking import shown
from tests.flows.test_small_commands import drawn
from tests.warehouse.trees import batch, ingest, small_tree
from warehouse.store.lake import Warehouse


@pytest.fixture
def lake(empty_home: Path, tmp_path: Path) -> Iterator[Warehouse]:
    with Warehouse.open(shutil.copytree(empty_home, tmp_path / "home")) as lake:
        yield lake


@pytest.fixture
def tree(two_rounds: Warehouse) -> SearchTree:
    return read_tree(two_rounds, "t1")


def test_a_tree_is_drawn_with_every_node_below_its_parent(two_rounds: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "tree", "t1", "--home", str(two_rounds.home))
    assert text.startswith("tree t1\nround 1 · problem p1")
    steps = [line for line in text.splitlines() if "─ " in line]
    assert [line.split("─ ")[1].rstrip() for line in steps] == ["1 a", "4 a1 = 1", "5 a2 = 2", "2 b", "6 b1 = 2", "3 c"]
    guides = ["├─ ", "│  ├─ ", "│  └─ ", "├─ ", "│  └─ ", "└─ "]
    assert [guide for guide, line in zip(guides, steps, strict=True) if f"  {guide}" not in line] == []
    assert steps[1].split()[:3] == ["3", "+1.00", "verified"]


def test_figures_of_a_tree_are_whole_and_code_is_cut_where_the_terminal_is_narrow(tree: SearchTree) -> None:
    wide = replace(tree.nodes[1], text="\nx = " + "1 + " * 50 + "1\n")
    file = io.StringIO()
    Console(width=60, file=file).print(tree_view(replace(tree, nodes=(tree.root, wide, *tree.nodes[2:])), full=False))
    (cut,) = [line for line in file.getvalue().splitlines() if "x = 1" in line]
    assert cut.rstrip().endswith("…") and len(cut.rstrip()) <= 60
    assert cut.split()[:2] == ["4", "+0.50"]


def test_a_full_tree_shows_code_output_and_error(lake: Warehouse) -> None:
    ingest(lake)
    nodes = [n for n in small_tree() if n.node_id in (0, 1)]
    error = "ZeroDivisionError: \x1b[31m"
    nodes[1] = replace(nodes[1], text="\n# why\nx = 1 / 0\n<end_of_step>", outcome="error", stdout="so far\n", error=error)
    lake.commit(batch(1, "rollout"), {"nodes": nodes})
    text = drawn(tree_view(read_tree(lake, "t1"), full=True))
    assert "# why" in text and "x = 1 / 0" in text and "> so far" in text
    assert "! ZeroDivisionError: \\x1b[31m" in text and "\x1b" not in text


def test_nodes_come_in_the_order_in_which_they_are_drawn(tree: SearchTree) -> None:
    assert [placed.node.node_id for placed in in_order(tree)] == [0, 1, 4, 5, 2, 6, 3]


def test_a_page_needs_no_host_and_holds_every_node(
    two_rounds: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "tree.html"
    assert shown(capsys, "tree", "t1", "--html", str(path), "--home", str(two_rounds.home)) == f"written to {path}\n"
    page = path.read_text(encoding="utf-8")
    assert all(f'id="n{number}"' in page for number in range(7))
    assert "default-src 'none'" in page
    assert [word for word in ("http://", "https://", "src=", "@import", "url(") if word in page] == []


def test_a_page_marks_both_sides_of_pairs_and_links_them(tree: SearchTree) -> None:
    page = tree_page(tree)
    told = json.loads(page.split('id="nodes">')[1].split("</script>")[0])
    roles = {int(node_id): {pair["role"] for pair in node["pairs"]} for node_id, node in told.items()}
    assert roles[1] == {"chosen"} and "rejected" in roles[2]
    assert 'class="chosen"' in page and 'class="rejected"' in page
    assert {pair["other"] for pair in told["1"]["pairs"]} == {2}


def test_what_a_model_wrote_is_never_markup(lake: Warehouse) -> None:
    ingest(lake)
    evil = "\n</script><script>alert(1)</script><img src=x>\n<end_of_step>"
    nodes = [n for n in small_tree() if n.node_id in (0, 1)]
    nodes[1] = replace(nodes[1], text=evil, stdout=evil)
    lake.commit(batch(1, "rollout"), {"nodes": nodes})
    page = tree_page(read_tree(lake, "t1"))
    assert "alert(1)" in page
    assert page.count("<script") == 2 and "<img" not in page


@pytest.mark.parametrize("n_nodes", [1, 2, 60])
def test_no_two_nodes_stand_in_one_place_and_each_step_is_a_column(n_nodes: int) -> None:
    parents = {node: (node - 1) // 3 for node in range(1, n_nodes)}
    places = laid_out(parents)
    assert len(places) == n_nodes
    assert all(places[node][0] == places[parent][0] + 1 for node, parent in parents.items())
    for column in {column for column, _ in places.values()}:
        rows = sorted(row for found, row in places.values() if found == column)
        assert all(below - above >= 1 for above, below in pairwise(rows))
    assert min(row for _, row in places.values()) == 0
