"""The fidelity report of a home, put together: settings, rules, curves, tables, cost."""

from collections.abc import Sequence

from flows.profiles import rules
from flows.report.costs import costs_section
from flows.report.curves import curves
from flows.report.document import NOT_MEASURED, Grid, Report, Section
from flows.report.figures_compared import HOW_TO_READ, compared_table, on_its_benchmarks, on_own_problems
from flows.report.home import Home, read_home
from flows.report.paper import PaperFigures, PaperSettings, paper_figures, paper_settings
from flows.report.settings_compared import (
    NO_REASON,
    ComparedSetting,
    compared_settings,
    nearest_profile,
    own_settings,
)
from warehouse.records import SPLITS
from warehouse.store.lake import Warehouse


def fidelity_report(lake: Warehouse) -> Report:
    """Return the report of the evolution in a lake, whatever there is of it."""
    return report_of(read_home(lake, paper_figures()), paper_settings(), paper_figures())


def report_of(home: Home, settings: PaperSettings, published: PaperFigures) -> Report:
    """Return the report of what a home says beside what the paper says."""
    name = home.settings.get("run", {}).get("name", "a home before its first round")
    setting_facts, setting_sections = _settings(home, settings) if home.settings else (["settings: no round was begun"], [])
    facts = (
        "the paper: Guan et al., rStar-Math, arXiv 2501.04519; every figure of this home comes from its lake",
        f"rounds: {', '.join(f'{number} {status}' for number, status in home.statuses) or 'none begun'}",
        *setting_facts,
        _figures_fact(home, published),
        *([f"code version: {home.code_version}"] if home.code_version else []),
    )
    sections = (
        *setting_sections,
        _rules(settings),
        _problems(home, published),
        *curves(home, published),
        Section("The paper's tables", HOW_TO_READ),
        *(
            Section(f"Table {table.number}: {table.title}", table.text, (compared_table(table, home),))
            for table in published.tables
        ),
        costs_section(home, published.hardware),
    )
    return Report(f"{name} beside the paper", facts, sections)


def _figures_fact(home: Home, published: PaperFigures) -> str:
    """Return how many rows of the paper's tables the home has something to set beside."""
    rows = [(table, row) for table in published.tables for row in table.rows]
    same = sum(bool(on_its_benchmarks(table, row, home)) for table, row in rows)
    own = sum(bool(on_own_problems(table, row, home)) and not on_its_benchmarks(table, row, home) for table, row in rows)
    return (
        f"rows of the paper's tables: {len(rows)}; {same} measured on the paper's benchmarks, {own} on this home's own "
        f"problems, {len(rows) - same - own} {NOT_MEASURED}"
    )


def _settings(home: Home, published: PaperSettings) -> tuple[list[str], list[Section]]:
    nearest = nearest_profile(home.settings)
    compared = compared_settings(published.settings, home.settings, nearest)
    different = [one for one in compared if one.verdict == "different"]
    unexplained = sum(one.why == NO_REASON for one in different)
    same = sum(one.verdict == "same" for one in compared)
    facts = [
        f"settings of the paper: {len(compared)}; {same} the same, {len(different)} different"
        f" ({unexplained} of them without a stated reason)",
        f"nearest profile: {nearest.name}"
        + (f", but for {', '.join(nearest.differing)}" if nearest.differing else ", whose settings it has"),
    ]
    text = (
        "Why a setting differs is what the nearest profile states beside the value that the home has. Rounds that differ are "
        "separated by commas."
    )
    alone = Grid(("ours alone, because", "settings"), tuple(own_settings(published.ours_alone, home.settings)))
    return facts, [
        Section("Settings", text, (_settings_table(compared),)),
        Section("Settings that the paper does not have", "They decide data too.", (alone,)),
    ]


def _settings_table(compared: Sequence[ComparedSetting]) -> Grid:
    rows = tuple((one.key, one.paper, one.source, one.ours, one.verdict, one.why) for one in compared)
    return Grid(("setting", "paper", "stated in", "this home", "", "why"), rows)


def _rules(published: PaperSettings) -> Section:
    same = Grid(("rule", "stated in", ""), tuple((rule.what, rule.source, rule.verdict) for rule in published.fixed))
    others = Grid(("rule that differs from the paper, or of which it says nothing",), tuple((rule,) for rule in rules("paper")))
    return Section("Rules of the code", "The second list is that of the profile `paper`.", (same, others))


def _problems(home: Home, published: PaperFigures) -> Section:
    rows = []
    for split in SPLITS:
        found = [(source, n) for source, where, n in home.n_problems if where == split]
        paper = f"{published.n_training_problems:,}" if split == "train" else ""
        rows.append((split, paper, f"{sum(n for _, n in found):,}", ", ".join(source for source, _ in found)))
    return Section("Problems", "", (Grid(("", "paper", "this home", "sources"), tuple(rows)),))
