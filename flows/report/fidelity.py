"""The fidelity report of a home, put together: settings, rules, curves, tables, cost."""

from collections.abc import Sequence
from typing import Final

from flows.profiles import rules
from flows.report.costs import costs_section
from flows.report.curves import curves
from flows.report.document import NOT_MEASURED, Grid, Report, Section
from flows.report.figures_compared import compared_table, measured
from flows.report.home import Home, read_home
from flows.report.paper import PaperFigures, PaperSettings, paper_figures, paper_settings
from flows.report.settings_compared import (
    NO_REASON,
    ComparedSetting,
    compared_settings,
    nearest_profile,
    own_settings,
)
from warehouse.store.lake import Warehouse

_N_PROBLEMS: Final = "747,000"
"""Section 3.4.1: training problems of the paper."""


def fidelity_report(lake: Warehouse) -> Report:
    """Return the report of the evolution in a lake, whatever there is of it."""
    return report_of(read_home(lake, paper_figures()), paper_settings(), paper_figures())


def report_of(home: Home, settings: PaperSettings, published: PaperFigures) -> Report:
    """Return the report of what a home says beside what the paper says."""
    name = home.settings.get("run", {}).get("name", "a home before its first round")
    setting_facts, setting_sections = _settings(home, settings) if home.settings else (["settings: no round was begun"], [])
    found = [bool(list(measured(table, row, home))) for table in published.tables for row in table.rows]
    facts = (
        "the paper: Guan et al., rStar-Math, arXiv 2501.04519; every figure of this home comes from its lake",
        f"rounds: {', '.join(f'{number} {status}' for number, status in home.statuses) or 'none begun'}",
        *setting_facts,
        f"rows of the paper's tables: {len(found)}, of which this home measured {sum(found)}",
        *([f"code version: {home.code_version}"] if home.code_version else []),
    )
    tables = [
        Section(f"Table {table.number}: {table.title}", _units(table.unit, table.text), (compared_table(table, home),))
        for table in published.tables
    ]
    sections = (
        *setting_sections,
        _rules(settings),
        _problems(home),
        *curves(home, published),
        *tables,
        costs_section(home, published.hardware),
    )
    return Report(f"{name} beside the paper", facts, sections)


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
    same = tuple((rule.what, rule.source, rule.verdict, "") for rule in published.fixed)
    different = tuple((rule, "", "different", "as the profile paper states it") for rule in rules("paper"))
    return Section(
        "Rules that no setting changes",
        "They are alike in every home.",
        (Grid(("rule", "stated in", "", "why"), same + different),),
    )


def _problems(home: Home) -> Section:
    by_split = {split: sum(n for _, where, n in home.n_problems if where == split) for split in ("train", "validation", "test")}
    sources = {split: [source for source, where, _ in home.n_problems if where == split] for split in by_split}
    rows = [
        (
            f"{split} problems",
            _N_PROBLEMS if split == "train" else "",
            f"{n:,}" if n else NOT_MEASURED,
            ", ".join(sources[split]),
        )
        for split, n in by_split.items()
    ]
    return Section("Problems", "", (Grid(("", "paper", "this home", "from"), tuple(rows)),))


def _units(unit: str, text: str) -> str:
    shown = (
        "In percent, with the 95 % interval of this home's figure; last, the difference in points."
        if unit == "%"
        else "Tokens."
    )
    return f"{shown} {text}".strip()
