"""The fidelity report: what the paper says is consistent, what the home says comes from its lake, and nothing is left out."""

import shutil
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.cli import app as cli
from flows.report.costs import devices
from flows.report.document import NOT_MEASURED, Grid, Report, Section, markdown
from flows.report.fidelity import fidelity_report
from flows.report.page import page
from flows.report.paper import paper_figures, paper_settings
from flows.report.settings_compared import NO_REASON, compared_settings, nearest_profile, stated_reasons, values_of
from flows.settings import load
from tests.settings.test_settings import FIELDS
from tests.warehouse.trees import batch, ingest, problem, search, small_tree, verify
from warehouse.errors import GateRefused
from warehouse.measured import Ablation, Evaluation
from warehouse.records import Problem, RoundRow, Source
from warehouse.store.lake import Warehouse

GOLDEN = Path(__file__).parents[1] / "golden" / "report.md"

OTHER_THAN_THE_PAPERS = {"bootstrap.model"}
"""What the profile `paper` has otherwise than the paper; its rules say so."""


def lake_with(home: Path, *overrides: str, profile: str = "paper", n_rounds: int = 2) -> Warehouse:
    """Return a lake with a few rows of everything that the report shows, all of which can be worked out by hand."""
    settings = load(profile, overrides=("run.name=small", f"run.n_rounds={n_rounds}", *overrides))
    lake = Warehouse.open(home)
    ingest(lake, problem("p1"), problem("p2"), Problem("p3", "a question", "1", "GSM8K_test", None, "test"))
    lake.commit(batch(0, "sources"), {"sources": [Source("GSM8K_test", "test", "MIT", "data/GSM8K_test.json", "0", 1, 1)]})
    measure(lake, 0, "evaluate", None, greedy_pass_1=0.25)
    for number in range(1, n_rounds + 1):
        lake.start_round(RoundRow(number, "running", "f", settings.model_dump_json(), "v1", f"policy-{number - 1}", None))
        search(lake, number, small_tree(f"t{number}", "p1"))
        verify(lake, number, {f"t{number}-4": "verified"})
        measure(lake, number, "evaluate", None, greedy_pass_1=0.25 * number, best_of_8=0.75, best_of_64=0.875, maj_8=0.5)
        lake.set_round_status(number, "promoted")
    return lake


@pytest.fixture(scope="module")
def small(empty_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A small lake for tests that only read."""
    with lake_with(shutil.copytree(empty_home, tmp_path_factory.mktemp("small") / "home")) as lake:
        yield lake


def measure(lake: Warehouse, number: int, stage: str, benchmark: str | None, **values: float) -> None:
    rows = [
        Evaluation(f"policy-{number}", None, "test", metric, None, value, 40, benchmark, None, None, 100.0)
        for metric, value in values.items()
    ]
    costs = {"wall_seconds": 90.0, "n_tokens": 4_000, "engine_seconds": 60.0}
    lake.commit(batch(number, stage, benchmark or "test", **costs), {"evaluations": rows})


def test_every_setting_that_decides_data_is_one_of_the_papers_or_listed_as_ours_alone() -> None:
    published = paper_settings()
    named = Counter([one.key for one in published.settings] + [key for group in published.ours_alone for key in group.keys])
    deciding = {f"{section}.{name}" for section, name, no_data in FIELDS if not no_data}
    every = {f"{section}.{name}" for section, name, _ in FIELDS}
    assert sorted(deciding - named.keys()) == [], "name them in flows/report/paper_settings.toml"
    assert sorted(named.keys() - every) == [], "they were removed or renamed: mend flows/report/paper_settings.toml"
    assert [key for key, times in named.items() if times > 1] == []


def test_the_profile_paper_has_the_papers_values() -> None:
    stored = load("paper").model_dump(mode="json")
    compared = compared_settings(paper_settings().settings, stored, nearest_profile(stored))
    assert {one.key for one in compared if one.verdict != "same"} == OTHER_THAN_THE_PAPERS


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((3, "base: Qwen2.5-Math-7B"), (6, "base: Qwen2.5-Math-7B, greedy")),
        ((3, "base: Qwen2.5-Math-7B"), (10, "Qwen2.5-Math-7B")),
        ((3, "SLM-r4"), (7, "step-by-step verified")),
        ((4, "PPM-r1"), (6, "round 1")),
        ((6, "round 4"), (8, "PPM, MCTS")),
        ((1, "Qwen2.5-Math-1.5B"), (5, "Qwen2.5-Math-1.5B, 64")),
        ((1, "Phi3-mini-Instruct (3.8B)"), (5, "Phi3-mini-Instruct, 64")),
    ],
)
def test_what_the_paper_states_in_two_tables_is_the_same_in_both(first: tuple[int, str], second: tuple[int, str]) -> None:
    one, other = (paper_figures().table(number) for number, _ in (first, second))
    shared = [column for column in one.columns if column in other.columns]
    assert len(shared) >= 4
    assert [one.value(first[1], column) for column in shared] == [other.value(second[1], column) for column in shared]


def test_every_benchmark_of_a_table_can_be_recognised_by_the_name_of_a_file() -> None:
    columns = {column for table in paper_figures().tables if not table.coverage for column in table.columns}
    assert columns == paper_figures().benchmarks.keys()
    recognised = {name: paper_figures().benchmark_named(name) for name in ("GSM8K_test", "math500", "AIME-2024", "test")}
    assert recognised == {"GSM8K_test": "GSM8K", "math500": "MATH", "AIME-2024": "AIME 2024", "test": None}


def test_the_report_of_a_small_lake_is_as_recorded(tmp_path: Path) -> None:
    with lake_with(tmp_path / "home", "run.base=models/Qwen2.5-Math-1.5B", "search.max_depth=12") as lake:
        measure(lake, 2, "measure", "GSM8K_test", mcts_best=0.9)
        row = ("sft-data", "verified", "greedy_pass_1", 0.5, 0.4, 0.6, 40, 100.0, "test", "policy-2", None)
        lake.commit(batch(2, "ablate"), {"ablations": [Ablation(*row)]})
        found = markdown(fidelity_report(lake))
    written = tmp_path / GOLDEN.name
    written.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8"), f"the report changed; where that is meant: cp {written} {GOLDEN}"


def test_a_whole_benchmark_counts_before_a_test_split_that_is_a_part_of_it_and_does_not_bend_the_curve(tmp_path: Path) -> None:
    with lake_with(tmp_path) as lake:
        measure(lake, 2, "measure", "GSM8K_test", greedy_pass_1=0.9)
        measure(lake, 2, "measure", "math500", greedy_pass_1=0.2)
        shown = markdown(fidelity_report(lake))
    assert "| GSM8K 25.0 (14 to 40, n = 40): -63.4 |" in shown
    assert "| MATH 20.0 (10 to 35, n = 40): -53.6; GSM8K 90.0 (77 to 96, n = 40): +0.9 |" in shown
    assert "| this home, GSM8K | 25.0 % | 25.0 % | 50.0 % |" in shown


def test_a_home_without_evaluations_measured_nothing(tmp_path: Path) -> None:
    with Warehouse.open(tmp_path) as lake:
        report = fidelity_report(lake)
    rows = {section.title: section.grids[0].rows for section in report.sections if section.title.startswith("Table ")}
    assert len(rows) == 10
    assert {row[-1] for table in rows.values() for row in table} == {NOT_MEASURED}
    ours = [row for section in report.sections if section.picture for row in section.grids[0].rows if "this home" in row[0]]
    assert len(ours) == 11 and {row[1] for row in ours} == {NOT_MEASURED}
    assert "settings: no round was begun" in report.facts


def test_a_difference_has_the_reason_beside_the_value_in_the_profile_and_one_that_was_set_has_none() -> None:
    whys = {}
    for override in (("run.seed=1",), ("rounds.4.search.n_candidates=9", "annotation.n_chosen=4")):
        stored = load("tiny-cpu", overrides=override).model_dump(mode="json")
        compared = compared_settings(paper_settings().settings, stored, nearest_profile(stored))
        whys[override[0]] = {one.key: one.why for one in compared if one.verdict == "different"}
    as_shipped, changed = whys.values()
    assert as_shipped["annotation.n_chosen"] == "The paper: 2. In packed trees further pairs cost little."
    assert as_shipped["search.n_candidates"].startswith("round 2, 3: The paper's round 1; more would")
    assert "; round 4: Rollouts alone would find nothing new" in as_shipped["search.n_candidates"]
    assert changed["annotation.n_chosen"] == NO_REASON
    assert changed["search.n_candidates"].endswith(f"round 4: {NO_REASON}")


def test_reasons_of_rounds_are_not_those_of_the_extended_profile() -> None:
    reasons = stated_reasons("release")
    assert reasons["search.max_depth"] == "The paper's."
    assert "rounds.4.search.n_trees" in stated_reasons("paper") and "rounds.4.search.n_trees" not in reasons


def test_the_nearest_profile_is_named_with_what_differs_from_it() -> None:
    stored = load("qwen-cpu", overrides=["run.shard_size=51", "warehouse.n_threads=9"]).model_dump(mode="json")
    nearest = nearest_profile(stored)
    assert (nearest.name, nearest.differing) == ("qwen-cpu", ("run.shard_size",))


def test_what_is_younger_than_a_home_has_its_neutral_value_and_what_the_home_never_had_is_not_known() -> None:
    stored = load("tiny-cpu").model_dump(mode="json")
    del stored["annotation"]["rejected_steps"], stored["annotation"]["n_chosen"]
    assert values_of(stored, "annotation.rejected_steps", 2) == ["all", "all"]
    compared = {one.key: one for one in compared_settings(paper_settings().settings, stored, nearest_profile(stored))}
    assert compared["annotation.rejected_steps"].verdict == "different"
    assert compared["annotation.n_chosen"].verdict == "not known"


def test_core_hours_are_wall_time_times_what_the_settings_give_a_stage() -> None:
    tiny = devices(load("tiny-cpu").model_dump(mode="json"))
    assert tiny is not None
    assert (tiny.unit, tiny.by_stage["rollout"], tiny.by_stage["train-policy"], tiny.otherwise) == ("core-hours", 2, 2, 1)
    gpus = devices(load("paper", overrides=['engine.policy_gpus=["0,1"]', 'engine.ppm_gpus=["2"]']).model_dump(mode="json"))
    assert gpus is not None
    assert (gpus.unit, gpus.otherwise) == ("GPU-hours", 3)
    servers = ['engine.kind="http"', 'engine.policy_urls=["http://a"]', 'engine.ppm_urls=["http://b"]']
    assert devices(load("paper", overrides=servers).model_dump(mode="json")) is None


class Tags(HTMLParser):
    """Collects what a page loads or leads to, and how deep its elements are nested."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.open: list[str] = []
        self.n_pictures = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attributes if name in ("href", "src", "data", "action")]
        self.n_pictures += tag == "svg"
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_asks_no_other_host(small: Warehouse) -> None:
    html = page(fidelity_report(small))
    tags = Tags()
    tags.feed(html)
    assert tags.open == [] and tags.n_pictures == 5
    assert {link[0] for link in tags.links} == {"#"}
    assert "url(" not in html and "@import" not in html and "<script" not in html


def test_cells_are_escaped_in_both_forms() -> None:
    report = Report("a & b", ("x < y",), (Section("t", "see `a<b`", (Grid(("|",), (("<i>",), ("same",))),)),))
    assert "| \\| |" in markdown(report)
    html = page(report)
    assert "<i>" not in html and "<code>a&lt;b</code>" in html and '<td class="same">same</td>' in html


def test_the_command_prints_markdown_or_writes_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = str(tmp_path / "home")
    Warehouse.open(tmp_path / "home").close()
    assert cli.main(["report", "--home", home]) == 0
    assert capsys.readouterr().out.startswith("# a home before its first round beside the paper\n")
    assert cli.main(["report", "--home", home, "--output", str(tmp_path / "r.html")]) == 0
    assert (tmp_path / "r.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert cli.main(["report", "--home", home, "--output", str(tmp_path / "r.pdf")]) == 2
    assert "neither .md nor .html" in capsys.readouterr().err
    assert cli.main(["report", "--home", str(tmp_path / "none")]) != 0


@pytest.fixture
def evolve(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The flow `evolve` of one round of which nothing but its order is real; `published` is what the report was called with."""
    from flows import evolution

    published: list[dict[str, Any]] = []
    progress = SimpleNamespace(message=lambda text: None)
    lake = SimpleNamespace(round_row=lambda number: None)
    fakes: dict[str, Any] = {
        "resources_of": lambda site: SimpleNamespace(lake=lake, progress=progress),
        "gate": SimpleNamespace(submit=lambda *given, **named: SimpleNamespace(result=lambda: None)),
        "evaluate": lambda *given: None,
        "answer": lambda *given: None,
        "publish_pictures": lambda *given: None,
        "publish_report": lambda plan, name, **named: published.append(named),
        "emit_round": lambda *given: None,
        "evolution_round": lambda plan, round_plan: None,
    }
    for name, fake in fakes.items():
        monkeypatch.setattr(evolution, name, fake)
    of_round = SimpleNamespace(site=None, round=1)
    plan = SimpleNamespace(name="r", base=of_round, base_id="b", override_reason=None, rounds=(of_round,))
    return SimpleNamespace(run=lambda: evolution.evolve.fn(plan), published=published)


def test_the_report_is_published_as_a_task_whose_failure_ends_no_run(evolve: SimpleNamespace) -> None:
    evolve.run()
    assert evolve.published == [{"return_state": True}]


def test_a_round_that_a_gate_refused_is_reported_too(evolve: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*given: object) -> None:
        raise GateRefused("promotion gate of round 1", hint="look there")

    monkeypatch.setattr("flows.evolution.evolution_round", refused)
    with pytest.raises(GateRefused):
        evolve.run()
    assert evolve.published == [{"return_state": True}]


def test_what_is_published_is_the_report_under_the_name_of_the_run(small: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.report import publish

    artifacts: list[dict[str, str]] = []
    plan: Any = SimpleNamespace(site=None)
    monkeypatch.setattr(publish, "resources_of", lambda site: SimpleNamespace(lake=small))
    monkeypatch.setattr(publish, "create_markdown_artifact", lambda **given: artifacts.append(given))
    publish.publish_report.fn(plan, "Small run")
    found = [(one["key"], one["markdown"]) for one in artifacts]
    assert found == [("small-run-fidelity", markdown(fidelity_report(small)))]
