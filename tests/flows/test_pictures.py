"""The pictures and the table at the end: well-formed, complete, and safe with odd names."""

import base64
import io
import itertools
import re
from collections import Counter
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from flows.display.pictures.evolution_curve import LABEL_GAP, evolution_svg, spread
from flows.display.pictures.lineage_graph import lineage_graph_svg
from flows.display.pictures.lineage_picture import RoundLineage, lineage_svg
from flows.display.pictures.side_by_side import Line, Panel, placed, side_by_side_svg
from flows.display.pictures.svg import data_url, text
from flows.display.tables.rounds import RoundComparison, RoundSummary, table_of
from warehouse.rounds.lineage import Edge, LineageGraph, Thing


def summary(round_number: int, **values: object) -> RoundSummary:
    row = dict.fromkeys(RoundSummary.__slots__) | {
        "round": round_number,
        "status": "promoted" if round_number else None,
    }
    return RoundSummary.of_row(row | values)


def round_lineage(number: int, status: str = "promoted", **values: object) -> RoundLineage:
    row: dict[str, object] = {
        "round": number,
        "status": status,
        "searched_by_policy": f"policy-{number - 1:012d}" if number > 1 else "base-000000000000",
        "searched_by_ppm": f"ppm-{number - 1:012d}" if number > 2 else None,
        "n_trees": 400,
        "n_nodes": 12_345,
        "n_verified": 500,
        "coverage": 0.5,
        "n_sft_examples": 600,
        "n_pairs": 7_000,
        "snapshot_id": 41,
        "policy_id": f"policy-{number:012d}",
        "ppm_id": f"ppm-{number:012d}",
        "greedy_pass_1": 0.25,
        "ppm_pair_accuracy": 0.9,
    }
    return RoundLineage(**(row | values))  # type: ignore[arg-type]


def texts_of(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter() if element.tag.endswith("text")]


def test_the_curve_names_each_measure_with_its_last_value() -> None:
    rounds = [
        summary(0, greedy_pass_1=0.33),
        summary(1, coverage=0.575, coverage_so_far=0.6, greedy_pass_1=0.56, best_of=0.645, n_samples=4),
    ]
    labels = texts_of(evolution_svg(rounds, "tiny"))
    assert {"coverage so far  60.0 %", "greedy pass@1  56.0 %", "best-of-4 by PPM  64.5 %"} <= set(labels)
    assert {"base", "round 1"} <= set(labels)


@pytest.mark.parametrize("rounds", [[], [summary(0)], [summary(0, greedy_pass_1=0.5)], [summary(1, coverage=1.0)]])
def test_a_curve_of_almost_nothing_can_be_drawn(rounds: list[RoundSummary]) -> None:
    ElementTree.fromstring(evolution_svg(rounds, "tiny"))


def test_a_round_that_was_not_promoted_is_marked() -> None:
    assert "rejected" in texts_of(evolution_svg([summary(0), summary(1, status="rejected")], "tiny"))


@given(st.lists(st.floats(min_value=92, max_value=388), max_size=5))
def test_labels_never_overlap(heights: list[float]) -> None:
    placed = [y for y, _, _ in spread([(y, "", "") for y in heights])]
    assert all(below - above >= LABEL_GAP - 1e-6 for above, below in itertools.pairwise(placed))


def test_the_lineage_shows_every_round_with_its_numbers() -> None:
    labels = texts_of(lineage_svg([round_lineage(number) for number in (1, 2, 3, 4)], "base-000000000000", 0.33, "tiny"))
    assert [f"round {number}" for number in (1, 2, 3, 4)] == [label for label in labels if re.fullmatch(r"round \d", label)]
    assert labels.count("12,345") == 4
    assert "greedy pass@1 33.0 %" in labels


def test_an_arrow_leads_from_each_checkpoint_to_the_round_that_it_searched() -> None:
    rounds = [round_lineage(number) for number in (1, 2, 3)]
    curves = [
        element
        for element in ElementTree.fromstring(lineage_svg(rounds, "base-000000000000", None, "tiny")).iter()
        if " C " in element.get("d", "")
    ]
    assert len(curves) == 4  # the base, policy 1, and policy 2 with PPM 2


def test_a_round_that_trained_nothing_can_be_drawn() -> None:
    failed = round_lineage(1, "failed", policy_id=None, ppm_id=None, snapshot_id=None, coverage=None, greedy_pass_1=None)
    assert "failed" in texts_of(lineage_svg([failed], "base-000000000000", None, "tiny"))


def test_names_are_escaped() -> None:
    assert texts_of(lineage_svg([], "base-<&>", None, "<&>"))[0] == "<&>"
    assert "<&>" not in text(0, 0, "<&>")


def test_a_picture_travels_in_its_own_url() -> None:
    svg = evolution_svg([], "tiny")
    kind, content = data_url(svg).split(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(content).decode() == svg


def test_the_table_has_a_column_per_round_and_a_row_per_level_and_stage() -> None:
    rounds = [
        summary(0, greedy_pass_1=0.333),
        summary(
            1,
            coverage=0.575,
            coverage_by_level="1: 98%  2: 70%",
            n_pairs=12_345,
            seconds_by_stage="rollout 61  verify 3",
            wall_seconds=64.0,
        ),
    ]
    file = io.StringIO()
    Console(file=file, width=80).print(table_of(rounds))
    drawn = file.getvalue()
    for part in ("base", "round 1", "33.3 %", "57.5 %", "level 2", "70%", "12,345", "rollout", "1 min 01 s", "1 min 04 s"):
        assert part in drawn


def test_a_compared_share_has_its_interval_and_a_paired_test_below_it() -> None:
    rounds = [summary(0, greedy_pass_1=0.5), summary(1, greedy_pass_1=0.75)]
    compared = [
        RoundComparison(0, "greedy_pass_1", 0.5, 40, None, 0, 0, 0),
        RoundComparison(1, "greedy_pass_1", 0.75, 40, 0, 40, 12, 2),
    ]
    table = table_of(rounds, compared)
    names = list(table.columns[0].cells)
    place = names.index("greedy pass@1")
    assert names[place + 1 : place + 3] == ["  95 % interval", "  p, round before"]
    cells = [list(column.cells)[place + 1 : place + 3] for column in table.columns[1:]]
    assert cells == [["35 to 65", ""], ["60 to 86", "0.013"]]


def test_a_lineage_graph_shows_every_thing_and_edge_from_left_to_right() -> None:
    things = (
        Thing("tree", "t1", (("problem", "p1"), ("rollouts", "8"))),
        Thing("batch", "b" * 40),
        Thing("checkpoint", "<odd & long>", (("status", "current"),)),
    )
    edges = (
        Edge("tree t1", "committed in", f"batch {'b' * 40}", "came from", 1),
        Edge("checkpoint <odd & long>", "trained on", "tree t1", "led to", 1200),
    )
    drawn = lineage_graph_svg(LineageGraph("tree t1", things, edges))
    texts = texts_of(drawn)
    assert {"tree t1", f"batch {'b' * 23}…", "checkpoint <odd & long>", "problem p1 · rollouts 8", "status current"} <= set(
        texts
    )
    assert {"checkpoint <odd & long>", "committed in", "trained on (one of 1,200)"} <= set(texts)
    boxes = [float(one.attrib["x"]) for one in ElementTree.fromstring(drawn).iter() if one.tag.endswith("rect")]
    root, batch, checkpoint = boxes[1:]
    assert batch < root < checkpoint


def test_a_thing_of_which_nothing_is_known_is_drawn_alone() -> None:
    assert "lineage of round 1" in texts_of(lineage_graph_svg(LineageGraph("round 1", (Thing("round", "1"),), ())))


def test_two_panels_have_one_scale_and_each_line_its_last_value() -> None:
    paper = Panel("paper", ("base", "round 1"), (Line("greedy", (0.588, 0.696)),))
    ours = Panel("ours <&>", ("base", "round 1"), (Line("greedy", (0.2, None)), Line("vote", (None, 0.696))))
    drawn = side_by_side_svg("policy", paper, ours)
    assert {"paper", "ours <&>", "greedy  69.6 %", "greedy  20.0 %", "vote  69.6 %"} <= set(texts_of(drawn))
    circles = [one for one in ElementTree.fromstring(drawn).iter() if one.tag.endswith("circle")]
    heights = Counter(one.attrib["cy"] for one in circles)
    assert len(circles) == 4 and max(heights.values()) == 2  # 69.6 % in both panels


def test_a_panel_without_a_value_says_that_nothing_was_measured() -> None:
    empty = Panel("ours", (), (Line("greedy", ()), Line("vote", (None,))))
    assert texts_of(side_by_side_svg("policy", empty, empty)).count("not measured") == 2


@given(st.lists(st.floats(min_value=68, max_value=276), max_size=4))
def test_labels_of_a_panel_never_overlap_and_stay_within_it(heights: list[float]) -> None:
    found = placed(heights)
    assert all(below - above >= LABEL_GAP - 1e-6 for above, below in itertools.pairwise(found))
    assert all(height <= 276 + 1e-6 for height in found)
