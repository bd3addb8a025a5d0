"""The fingerprint of settings: equal fingerprints mean that the same data would come out."""

import hashlib
import json

from flows.settings.composition import Settings

DECIDES_NO_DATA = frozenset(
    {
        "run.name",
        "run.n_rounds",
        "search.window",
        "evaluation.window",
        "sandbox.n_workers",
        "sandbox.n_snapshots",
        "sandbox.snapshot_memory_mib",
        "sandbox.snapshot_after_ms",
        "sandbox.minimum_isolation",
        "sandbox.namespaces",
        "grading.n_workers",
        "engine.max_num_seqs",
        "engine.max_batched_tokens",
        "engine.kv_cache_mib",
        "engine.n_threads",
        "engine.score_cache_size",
    }
)
"""Settings that change how fast or under which name a run happens, never a row: a run may be resumed with others."""

SECTIONS_THAT_DECIDE_NO_DATA = frozenset({"warehouse", "gates"})
"""Gate thresholds decide which round is promoted; that decision is stored with its numbers in gate_results."""


def fingerprint(settings: Settings, through_round: int | None = None) -> str:
    """Return 16 hex digits over every setting that decides data, of the rounds up to `through_round` (default: run.n_rounds).

    A round's data depends on the rounds before it and not on later ones, so that an evolution can be prolonged.
    """
    content = settings.model_dump(mode="json", exclude=set(SECTIONS_THAT_DECIDE_NO_DATA))
    for key in DECIDES_NO_DATA:
        section, name = key.split(".")
        del content[section][name]
    content["rounds"] = content["rounds"][: settings.run.n_rounds if through_round is None else through_round]
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
