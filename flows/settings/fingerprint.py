"""The fingerprint of settings: equal fingerprints mean that the same data would come out."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from flows.settings.composition import Settings
from tasks.bootstrap.settings import BootstrapSettings

Table = dict[str, Any]
"""Settings as JSON holds them: sections of values, and a list of rounds."""

DECIDES_NO_DATA = frozenset(
    {
        "run.name",
        "run.n_rounds",
        "search.window",
        "evaluation.window",
        "evaluation.n_search_rollouts",
        "evaluation.n_search_candidates",
        "evaluation.search_exploration_weight",
        "evaluation.n_beams",
        "evaluation.policy_weight",
        "sandbox.n_workers",
        "sandbox.n_snapshots",
        "sandbox.snapshot_memory_mib",
        "sandbox.snapshot_after_ms",
        "sandbox.minimum_isolation",
        "sandbox.namespaces",
        "grading.n_workers",
        "bootstrap.max_tokens",
        "engine.max_num_seqs",
        "engine.max_batched_tokens",
        "engine.kv_cache_mib",
        "engine.ppm_kv_cache_mib",
        "engine.policy_gpus",
        "engine.ppm_gpus",
        "engine.policy_urls",
        "engine.ppm_urls",
        "engine.policy_model",
        "engine.ppm_model",
        "engine.weights",
        "engine.queue_timeout_seconds",
        "engine.generation_timeout_seconds",
        "engine.max_attempts",
        "engine.requests_per_second",
        "engine.n_processes",
        "engine.n_threads",
        "engine.stall_seconds",
        "engine.score_cache_size",
    }
)
"""Settings that change how fast or under which name a run happens, or what `evaluate` and `solve` do with its result, never a
row of a round: a run may be resumed with others."""

SAME_DATA: dict[tuple[str, str], dict[object, object]] = {
    ("engine", "kind"): {"vllm-async": "vllm"},
    ("evaluation", "search_temperature"): {0.7: 0.4},
}
"""Values that stand for another one: the same library is asked the same; a default that no round uses was another once."""

SECTIONS_THAT_DECIDE_NO_DATA = frozenset({"warehouse", "gates"})
"""Gate thresholds decide which round is promoted; that decision is stored with its numbers in gate_results."""


LATER_SECTIONS: dict[str, Table] = {"bootstrap": BootstrapSettings().model_dump(mode="json")}
"""Sections that homes begun earlier do not have, and the values with which everything is as it was without them."""


def fingerprint(settings: Settings, through_round: int | None = None) -> str:
    """Return 16 hex digits over every setting that decides data, of the rounds up to `through_round` (default: run.n_rounds).

    A round's data depends on the rounds before it and not on later ones, so that an evolution can be prolonged.
    """
    content = _deciding(settings.model_dump(mode="json"), settings.run.n_rounds if through_round is None else through_round)
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]


def differences(stored_json: str, settings: Settings, through_round: int) -> list[str]:
    """Return `key: stored value -> value now` for every setting that decides data and differs from the stored ones."""
    after = settings.model_dump(mode="json")
    return _changes(_deciding(json.loads(stored_json), through_round), _deciding(after, through_round))


def stored_differences(before_json: str, after_json: str) -> list[str]:
    """Return `key: value before -> value after` for every setting, of whatever version, in which two rounds differ.

    The tables of [[rounds]] belong to one round each and are left out.
    """
    before, after = (
        {name: part for name, part in json.loads(text).items() if name != "rounds"} for text in (before_json, after_json)
    )
    return _changes(before, after)


def _changes(before: Table, after: Table) -> list[str]:
    old, new = dict(_flat(before)), dict(_flat(after))
    keys = sorted(old.keys() | new.keys())
    return [f"{key}: {old.get(key)} -> {new.get(key)}" for key in keys if old.get(key) != new.get(key)]


def _deciding(content: Table, through_round: int) -> Table:
    """Return the settings that decide data, of the rounds up to `through_round`."""
    kept: Table = {}
    for section, values in content.items():
        if section == "rounds":
            kept[section] = values[:through_round]
        elif section not in SECTIONS_THAT_DECIDE_NO_DATA:
            kept[section] = {name: value for name, value in values.items() if f"{section}.{name}" not in DECIDES_NO_DATA}
    for section, values in LATER_SECTIONS.items():
        if kept.get(section) == {name: values[name] for name in kept.get(section, {})}:
            kept.pop(section, None)
    for (section, name), same in SAME_DATA.items():
        if name in kept.get(section, {}):
            kept[section][name] = same.get(kept[section][name], kept[section][name])
    return kept


def _flat(content: Table) -> Iterator[tuple[str, str]]:
    for section, values in content.items():
        if section == "rounds":
            yield from ((f"rounds.{number}", json.dumps(value)) for number, value in enumerate(values, start=1))
        else:
            yield from ((f"{section}.{name}", json.dumps(value)) for name, value in values.items())
