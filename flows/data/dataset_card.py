"""The dataset card of an export: what it holds, where it comes from, under which licences, and what was checked."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Final, Self

import polars as pl

from tasks.domains.registry import DOMAINS
from warehouse.records import RoundRow
from warehouse.store.lake import Warehouse

INDEX: Final = "export.json"
"""What the files of a directory are, so that a card can list all of them."""

_COUNTS: Final = {
    "sft": """
        select problems.source, problems.level, count(*) as n_rows, count(distinct problem_id) as n_problems
        from sft_examples inner join problems using (problem_id) where sft_examples.round = $round group by all order by all
    """,
    "preferences": """
        select problems.source, problems.level, count(*) as n_rows, count(distinct problem_id) as n_problems
        from preference_pairs inner join problems using (problem_id) where preference_pairs.round = $round
        group by all order by all
    """,
    "trees": """
        select problems.source, problems.level, count(distinct tree_id) as n_rows, count(distinct problem_id) as n_problems
        from nodes inner join problems using (problem_id) where nodes.round = $round group by all order by all
    """,
}
_GATES: Final = """
select round, gate, count(*) filter (where passed) as n_held, count(*) as n_expectations,
    coalesce(string_agg(distinct override_reason, '; '), '') as overridden
from gate_results where round in (0, $round) group by round, gate order by round, gate
"""
_MEANINGS: Final = {
    "sft": "verified solutions, each re-executed in a fresh sandbox and graded again: a prompt and its completion",
    "preferences": "preference pairs from search trees: two continuations of one prefix, of which the first is the better",
    "trees": "whole search trees with visits and Q-values",
}


@dataclass(frozen=True, slots=True)
class DataFile:
    """An exported file. snapshot_id: the lake as it was read; None for the newest."""

    name: str
    kind: str
    form: str
    round: int
    n_rows: int
    snapshot_id: int | None
    sha256: str

    @classmethod
    def of(cls, path: Path, kind: str, form: str, round_number: int, n_rows: int, snapshot_id: int | None) -> Self:
        """Return the description of a file that was just written."""
        with path.open("rb") as file:
            sha256 = file_digest(file, "sha256").hexdigest()
        return cls(path.name, kind, form, round_number, n_rows, snapshot_id, sha256)


def dataset_card(lake: Warehouse, file: DataFile, directory: Path) -> str:
    """Return the card of a directory after one more file was exported to it; the file is recorded in its index."""
    files = _indexed(file, directory)
    sources = lake.query("sources")
    used = {source for one in files for source in _counts(lake, one)["source"].to_list()}
    own = sources.filter(pl.col("source").is_in(list(used)))
    sections = [
        _head(lake, files, own),
        "# Training data of Stargrove",
        "Grown by search, execution and answer checking (rStar-Math, arXiv 2501.04519). Nobody wrote these solutions.",
        *_files(files),
        "## Counts",
        *(_table(_counts(lake, one), f"`{one.name}`") for one in files),
        "## Sources and licences",
        _table(own.with_columns(pl.col("licence").fill_null("not stated")), ""),
        "## Gates",
        *(
            _table(lake.query(_GATES, round=number), f"Round {number}, and round 0 before the first.")
            for number in _rounds(files)
        ),
        "## Decontamination",
        "Problems of these sources that equal a held-out problem, or share so many words in a row with one, were refused:",
        _table(lake.query("decontamination").filter(pl.col("source").is_in(list(used))), ""),
        "## Lineage",
        *(_lineage(lake, number, files) for number in _rounds(files)),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _indexed(file: DataFile, directory: Path) -> list[DataFile]:
    path = directory / INDEX
    known = [DataFile(**one) for one in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []
    files = sorted([one for one in known if one.name != file.name] + [file], key=lambda one: one.name)
    path.write_text(json.dumps([asdict(one) for one in files], indent=2) + "\n", encoding="utf-8")
    return files


def _head(lake: Warehouse, files: Sequence[DataFile], sources: pl.DataFrame) -> str:
    """Return the YAML that dataset hubs read. One licence only where every source states the same."""
    licences = set(sources["licence"].to_list())
    licence = licences.pop().lower() if len(licences) == 1 and None not in licences else "other"
    configs = [f"- config_name: {Path(one.name).stem}\n  data_files: {one.name}" for one in files]
    tags = f"tags: [{', '.join(_tags(lake, files))}]"
    return "\n".join(["---", f"license: {licence}", "language: en", tags, "configs:", *configs, "---"])


def _tags(lake: Warehouse, files: Sequence[DataFile]) -> list[str]:
    """Return what the problems of the files' rounds are about, as their domains say. An import knows mathematics alone."""
    rows = [lake.round_row(number) for number in _rounds(files)]
    said = [json.loads(row.settings_json).get("problems", {}) if row is not None else {} for row in rows]
    domains = [DOMAINS[name] for one in said if (name := one.get("domain", "mathematics")) in DOMAINS]
    return list(dict.fromkeys(tag for domain in domains for tag in domain.tags))


def _files(files: Sequence[DataFile]) -> list[str]:
    parts = ["## Files"]
    for one in files:
        snapshot = "the newest snapshot" if one.snapshot_id is None else f"snapshot {one.snapshot_id}"
        parts.append(
            f"- `{one.name}`: {one.n_rows:,} rows, round {one.round}, {snapshot}, sha256 `{one.sha256}`: {_MEANINGS[one.kind]}"
        )
    return parts


def _rounds(files: Sequence[DataFile]) -> list[int]:
    return sorted({one.round for one in files})


def _counts(lake: Warehouse, file: DataFile) -> pl.DataFrame:
    return lake.query(_COUNTS[file.kind], round=file.round)


def _lineage(lake: Warehouse, number: int, files: Iterable[DataFile]) -> str:
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
