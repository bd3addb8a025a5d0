"""The head of a dataset card: the YAML in which data set hubs and `datasets.load_dataset` look for what there is."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyarrow as pa

from flows.data.exports.index import Exported, loadable

_KNOWN_LICENCES: Final = frozenset(
    {
        *("mit", "apache-2.0", "bsd-2-clause", "bsd-3-clause", "gpl-3.0", "unlicense"),
        *("cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "odc-by", "odbl", "pddl"),
    }
)
"""Licences that hubs know by these identifiers; any other is `other` with a name."""
_SIZES: Final = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
    (1_000_000_000, "100M<n<1B"),
)
_PLAIN: Final = re.compile(r"[A-Za-z][\w./*<-]*")
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
"""What YAML takes for something else than a text."""


def yaml_head(exports: Sequence[Exported], licences: Iterable[str | None], tags: Sequence[str]) -> str:
    """Return the head of a card: licence, what its problems are about, size, configurations, splits and columns."""
    configurations = loadable(exports)
    head: dict[str, Any] = {
        **_licence(set(licences)),
        "language": ["en"],
        "tags": [*tags, "synthetic"],
        "size_categories": [_size(sum(one.n_rows for one in exports))],
        "configs": [
            {
                "config_name": one.config,
                **({"default": True} if number == 0 else {}),
                "data_files": [{"split": one.split, "path": one.data_files}],
            }
            for number, one in enumerate(configurations)
        ],
        "dataset_info": [
            {
                "config_name": one.config,
                "features": one.features,
                "splits": [{"name": one.split, "num_bytes": one.n_bytes, "num_examples": one.n_rows}],
                "download_size": one.n_bytes,
                "dataset_size": one.n_bytes,
            }
            for one in configurations
        ],
    }
    return "\n".join(["---", *_yaml({name: value for name, value in head.items() if value}), "---"])


def features_of(columns: pa.Schema) -> list[dict[str, Any]]:
    """Return columns as hubs describe them: [{"name", "dtype"}], or [{"name", "list": [...]}] for a list of objects."""
    return [_feature(field.name, field.type) for field in columns]


def _feature(name: str, kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        return {"name": name, "list": [_feature(field.name, field.type) for field in kind.value_type.fields]}
    return {"name": name, "dtype": {"double": "float64"}.get(str(kind), str(kind))}


def _licence(licences: set[str | None]) -> dict[str, str]:
    """One licence only where every source states the same."""
    stated = licences.pop() if len(licences) == 1 else None
    if stated is None:
        return {"license": "other"}
    identifier = stated.strip().lower().replace(" ", "-")
    return {"license": identifier} if identifier in _KNOWN_LICENCES else {"license": "other", "license_name": stated.strip()}


def _size(n_rows: int) -> str:
    return next((name for limit, name in _SIZES if n_rows < limit), "1B<n<10B")


def _yaml(value: Any, indent: str = "") -> list[str]:
    """Return the lines of a mapping or a list as block YAML."""
    entries = [(f"{name}:", one) for name, one in value.items()] if isinstance(value, dict) else [("-", one) for one in value]
    lines: list[str] = []
    for head, one in entries:
        if not isinstance(one, dict | list):
            lines.append(f"{indent}{head} {_scalar(one)}")
        elif head == "-":
            first, *rest = _yaml(one, indent + "  ")
            lines += [f"{indent}- {first.lstrip()}", *rest]
        else:
            lines += [f"{indent}{head}", *_yaml(one, indent if isinstance(one, list) else indent + "  ")]
    return lines


def _scalar(value: str | int) -> str:
    if isinstance(value, str):
        return value if _PLAIN.fullmatch(value) and value.lower() not in _WORDS else json.dumps(value)
    return json.dumps(value)
