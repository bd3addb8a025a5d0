"""The stages: each piece of work that fills the lake, with the tables that it reads and writes. Stated here and nowhere else.

The ledger refuses rows for a table that a batch's stage does not write, lineage events name inputs and outputs, and task runs
and progress are called by the label. Importable without DuckDB.
"""

from dataclasses import dataclass
from typing import Final

from warehouse.errors import WarehouseError


@dataclass(frozen=True, slots=True)
class Stage:
    """A piece of work. in_round: whether the DAG of a round has it; other stages prepare, bring in or measure.

    name: as the ledger has it. label: how its task runs and its lines of progress begin, which several stages may share.
    reads, writes: tables of the lake; what a stage reads of its own rows is not listed.
    """

    name: str
    label: str
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    in_round: bool = False


# Before the rounds: problems, and a base to start from.
INGEST: Final = Stage("ingest", "ingest", ("problems",), ("problems", "quarantine"))
# Brings the problems of a benchmark file, so that its answers can be measured: no round is measured on them.
BENCHMARK_INGEST: Final = Stage("ingest-benchmark", "ingest", ("problems",), ("problems", "quarantine"))
BENCHMARK: Final = Stage("benchmark", "ingest", ("problems",), ("benchmark_problems",))
SOURCES: Final = Stage("sources", "ingest", ("problems",), ("sources",))
NEAR_DUPLICATES: Final = Stage("near-duplicates", "ingest", ("problems",), ("near_duplicates",))
# Builds a model in a folder of its own, outside any lake.
TRAIN_BASE: Final = Stage("train-base", "train-base")

# Trees and solutions from elsewhere.
IMPORT_INGEST: Final = Stage("ingest-import", "import", ("problems",), ("problems", "quarantine"))
IMPORT_ROLLOUT: Final = Stage("rollout-import", "import", ("problems",), ("nodes", "labels"))
IMPORT_TRAJECTORIES: Final = Stage("trajectories-import", "import", ("nodes", "batches"), ("trajectories",))

# A round, in its order.
ROLLOUT: Final = Stage("rollout", "rollout", ("problems", "checkpoints"), ("nodes",), in_round=True)
TRAJECTORIES: Final = Stage("trajectories", "verify", ("nodes", "batches"), ("trajectories",), in_round=True)
VERIFY: Final = Stage(
    "verify", "verify", ("problems", "nodes", "trajectories"), ("verifications", "evaluations"), in_round=True
)
ANNOTATE_SFT: Final = Stage(
    "annotate-sft", "annotate", ("nodes", "trajectories", "verifications"), ("sft_examples",), in_round=True
)
ANNOTATE_PAIRS: Final = Stage(
    "annotate-pairs", "annotate", ("nodes", "trajectories", "verifications"), ("preference_pairs",), in_round=True
)
TRAIN_POLICY: Final = Stage(
    "train-policy",
    "train-policy",
    ("checkpoints", "nodes", "trajectories", "sft_examples"),
    ("checkpoints", "training_files", "training_metrics"),
    in_round=True,
)
TRAIN_PPM: Final = Stage(
    "train-ppm",
    "train-ppm",
    ("checkpoints", "nodes", "preference_pairs"),
    ("checkpoints", "training_files", "training_metrics", "evaluations"),
    in_round=True,
)
ANSWER: Final = Stage("answer", "answer", ("problems", "checkpoints"), (), in_round=True)
EVALUATE: Final = Stage(
    "evaluate",
    "evaluate",
    ("problems", "checkpoints"),
    ("evaluations", "evaluation_answers", "problem_metrics"),
    in_round=True,
)
# In place of promote, where gates.promotion is manual: a person decides.
HOLD: Final = Stage("hold", "hold", ("gate_results", "evaluations"), ("rounds",))
PROMOTE: Final = Stage("promote", "promote", (), ("checkpoints", "rounds"), in_round=True)

# The gates: one before the first round, two within each.
GATE_INGEST: Final = Stage("gate-ingest", "gate ingest", ("problems", "quarantine", "near_duplicates"), ("gate_results",))
GATE_TRAINING_DATA: Final = Stage(
    "gate-training-data",
    "gate training-data",
    ("problems", "batches", "nodes", "trajectories", "verifications", "sft_examples", "preference_pairs"),
    ("gate_results",),
    in_round=True,
)
GATE_PROMOTION: Final = Stage(
    "gate-promotion",
    "gate promotion",
    ("problems", "rounds", "checkpoints", "batches", "verifications", "evaluations", "gate_results"),
    ("gate_results",),
    in_round=True,
)

# What people ask for on top; it decides nothing.
MEASURE: Final = Stage(
    "measure",
    "measure",
    ("problems", "benchmark_problems", "checkpoints"),
    ("evaluation_answers", "problem_metrics", "evaluations"),
)
ABLATE: Final = Stage(
    "ablate",
    "ablate",
    ("problems", "checkpoints", "nodes", "trajectories", "verifications", "preference_pairs", "evaluations"),
    ("checkpoints", "ablations"),
)
REGRADE: Final = Stage(
    "regrade",
    "regrade",
    (
        "problems",
        "nodes",
        "trajectories",
        "verifications",
        "sft_examples",
        "preference_pairs",
        "evaluation_answers",
        "batches",
    ),
    ("regraded_verdicts", "regrade_figures"),
)
MAINTENANCE: Final = Stage("maintenance", "maintenance")

STAGES: Final[dict[str, Stage]] = {
    stage.name: stage
    for stage in (
        INGEST,
        BENCHMARK_INGEST,
        BENCHMARK,
        SOURCES,
        NEAR_DUPLICATES,
        GATE_INGEST,
        TRAIN_BASE,
        IMPORT_INGEST,
        IMPORT_ROLLOUT,
        IMPORT_TRAJECTORIES,
        ROLLOUT,
        TRAJECTORIES,
        VERIFY,
        ANNOTATE_SFT,
        ANNOTATE_PAIRS,
        GATE_TRAINING_DATA,
        TRAIN_POLICY,
        TRAIN_PPM,
        ANSWER,
        EVALUATE,
        GATE_PROMOTION,
        HOLD,
        PROMOTE,
        MEASURE,
        ABLATE,
        REGRADE,
        MAINTENANCE,
    )
}
"""Every stage by its name."""


def stage_named(name: str) -> Stage:
    """Return the stage of this name. Raises WarehouseError for one that is not stated here."""
    if name not in STAGES:
        raise WarehouseError(
            f"no stage is called {name!r}", hint="state it in warehouse/stages.py, with what it reads and writes"
        )
    return STAGES[name]
