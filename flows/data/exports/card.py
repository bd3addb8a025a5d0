"""The dataset card of an export: what it holds, where it comes from, under which licences, and what was checked."""

import json
from collections.abc import Sequence
from typing import Final

import polars as pl

from flows.data.exports.header import yaml_head
from flows.data.exports.index import Exported, loadable
from tasks.domains.registry import DOMAINS
from warehouse.records import RoundRow
from warehouse.store.lake import Warehouse

_GATES: Final = """
select round, gate, count(*) filter (where passed) as n_held, count(*) as n_expectations,
    coalesce(string_agg(distinct override_reason, '; '), '') as overridden
from gate_results where round in (0, $round) group by round, gate order by round, gate
"""
_MEANINGS: Final = {
    "sft": "verified solutions, each re-executed in a fresh sandbox and graded again: a prompt and its completion",
    "preferences": "preference pairs from search trees: two continuations of one prefix, of which the first is the better",
    "trees": "whole search trees with visits and Q-values",
    "transcripts": "every path of the search trees that came to an end, right or wrong, as a conversation with its score",
}


def dataset_card(lake: Warehouse, exports: Sequence[Exported]) -> str:
    """Return the card of a directory that holds these exports."""
    sources = lake.query("sources")
    used = sorted({count["source"] for one in exports for count in one.counts})
    own = sources.filter(pl.col("source").is_in(used))
    rounds = sorted({one.round for one in exports})
    sections = [
        yaml_head(exports, own["licence"].to_list(), _tags(lake, rounds)),
        "# Training data of Stargrove",
        "Grown by search, execution and answer checking (rStar-Math, arXiv 2501.04519). Nobody wrote these solutions.",
        "## Files",
        "\n".join(map(_line, exports)),
        "## Use",
        _use(exports),
        "## Counts",
        *(_table(pl.DataFrame(list(one.counts)), f"`{one.name}`") for one in exports),
        "## Sources and licences",
        _table(own.with_columns(pl.col("licence").fill_null("not stated")), ""),
        "## Gates",
        *(_table(lake.query(_GATES, round=number), f"Round {number}, and round 0 before the first.") for number in rounds),
        "## Decontamination",
        "Problems of these sources that equal a held-out problem, or share so many words in a row with one, were refused:",
        _table(lake.query("decontamination").filter(pl.col("source").is_in(used)), ""),
        "## Lineage",
        *(_lineage(lake, number) for number in rounds),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _tags(lake: Warehouse, rounds: Sequence[int]) -> list[str]:
    """Return what the problems of the rounds are about, as their domains say. An import knows mathematics alone."""
    rows = [lake.round_row(number) for number in rounds]
    said = [json.loads(row.settings_json).get("problems", {}) if row is not None else {} for row in rows]
    domains = [DOMAINS[name] for one in said if (name := one.get("domain", "mathematics")) in DOMAINS]
    return list(dict.fromkeys(tag for domain in domains for tag in domain.tags))


def _line(one: Exported) -> str:
    files = f" in {one.n_files} files" if one.n_files > 1 else ""
    what = f"{one.n_rows:,} rows{files}, round {one.round}, snapshot {one.snapshot_id}, sha256 `{one.sha256}`"
    return f"- `{one.name}`: {what}: {_MEANINGS[one.kind]}"


def _use(exports: Sequence[Exported]) -> str:
    """Return the lines of code that read the files."""
    lines = [f'load_dataset(".", "{one.config}", split="{one.split}")' for one in loadable(exports)]
    blocks = ["\n".join(["```python", "from datasets import load_dataset", "", *lines, "```"])] if lines else []
    blocks += [f"```\nscout view -T {one.name}\n```" for one in exports if one.form == "scout"]
    return "\n\n".join(blocks)


def _lineage(lake: Warehouse, number: int) -> str:
    row = lake.round_row(number)
    if row is None:
        return f"Round {number}: imported, not searched here."
    facts = {
        "searched by policy": row.policy_id,
        "scored by PPM": row.ppm_id,
        "trained policy": row.candidate_policy_id,
        "trained PPM": row.candidate_ppm_id,
        "settings fingerprint": row.fingerprint,
        "code version": row.code_version,
        "flow run": row.flow_run_id,
        "snapshot": row.snapshot_id,
    }
    lines = [f"- {name}: `{value}`" for name, value in facts.items() if value not in (None, "")]
    return "\n".join([f"Round {number} ({row.status}):", "", *lines, *_again(row)])


def _again(row: RoundRow) -> list[str]:
    if row.candidate_policy_id is None:
        return []
    return [f"- written again, byte for byte: `stargrove reproduce {row.candidate_policy_id}`"]


def _table(rows: pl.DataFrame, title: str) -> str:
    """Return rows as a Markdown table under a line of its own."""
    if rows.is_empty():
        return f"{title} None.".strip()
    lines = [f"| {' | '.join(rows.columns)} |", f"|{'---|' * rows.width}"]
    lines += [
        f"| {' | '.join('-' if value is None else str(value).replace('|', '/') for value in row)} |" for row in rows.iter_rows()
    ]
    return "\n".join(([title, ""] if title else []) + lines)
