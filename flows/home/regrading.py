"""What `regrade` does in a home: grade the stored answers of a round again, say what changes, and keep it where asked.

No model is asked and no step is run. What is stored stays as it is: verdicts of today are rows beside it.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from flows.display.tables.regrading import RegradedRound
from flows.home.code_version import code_version
from flows.settings import Settings
from tasks.domains.registry import DOMAINS
from tasks.grading.base import Grader
from tasks.grading.regrading import Regraded, StoredAnswer, regraded
from tasks.grading.settings import GradingSettings
from warehouse.errors import BadInput
from warehouse.ids import content_id
from warehouse.no_data import NoData
from warehouse.places.location import require_evolution
from warehouse.records import Batch
from warehouse.stages import REGRADE, STAGES
from warehouse.store.lake import Warehouse

_ANSWERING: Final = [stage.name for stage in STAGES.values() if {"nodes", "evaluation_answers"} & set(stage.writes)]
_ROUNDS: Final = "select distinct round from batches where stage in (select unnest($stages)) order by round"
_BATCHES: Final = "select batch_id from batches where round = $round and stage in (select unnest($stages)) order by all"


def regrade(
    settings: Settings, home: Path, round_number: int | None, tell: Callable[[str], None], *, write: bool
) -> list[RegradedRound]:
    """Return what the rules of today change in a round, or in every one. write: keep it, as a batch of its own.

    Raises BadInput where there is nothing to grade.
    """
    location = require_evolution(home, settings.warehouse)
    grader = DOMAINS[settings.problems.domain].open_grader(settings.grading)
    with Warehouse.at(location, settings.warehouse, read_only=not write) as lake, closing(grader):
        found: list[int] = lake.query(_ROUNDS, stages=_ANSWERING)["round"].to_list()
        rounds = [number for number in found if round_number in (None, number)]
        if not rounds:
            which = home if round_number is None else f"round {round_number} of {home}"
            raise BadInput(f"{which} has no stored answers", hint="list the rounds with: stargrove sql --file round_summary")
        for number in rounds:
            if other := other_policy(lake, number, settings.grading):
                tell(f"round {number} was graded with {other}: give the same with --set to see what the rules alone change")
        return [_round(lake, number, settings, grader, write=write) for number in rounds]


def other_policy(lake: Warehouse, round_number: int, settings: GradingSettings) -> str:
    """Return what decides verdicts in the grading settings that a round was begun with, where today's differ; else nothing."""
    row = lake.round_row(round_number)
    stored = json.loads(row.settings_json).get("grading", {}) if row is not None else {}
    deciding = [
        name
        for name, field in GradingSettings.model_fields.items()
        if not any(isinstance(said, NoData) for said in field.metadata)
    ]
    now = settings.model_dump(mode="json")
    return ", ".join(f"grading.{name} = {stored[name]}" for name in deciding if name in stored and stored[name] != now[name])


def _round(lake: Warehouse, number: int, settings: Settings, grader: Grader, *, write: bool) -> RegradedRound:
    rows = lake.query("stored_answers", round=number).rows()
    answers = [StoredAnswer(*row) for row in rows]
    graded = list(regraded(answers, grader))
    changes = _parameters([one for one in graded if one.is_changed])
    methods = [one.grade.how for one in graded if one.is_changed]
    verdicts = {"round": number, **changes, "methods": methods}
    figures = {"round": number, **changes, "n_per_problem": settings.annotation.n_sft_per_problem}
    batch_ids = []
    if write:
        fingerprint = _fingerprint(lake, number, settings.grading, {one.grade.version for one in graded})
        for shard, statement, values in (("verdicts", "regraded_verdicts", verdicts), ("figures", "regrade_figures", figures)):
            batch = Batch(number, REGRADE.name, shard, fingerprint, code_version=code_version())
            batch_ids.append(lake.run_statement(batch, statement, **values).batch_id)
    return RegradedRound(
        round=number,
        n_answers=sum(answer.n_rows for answer in answers),
        n_distinct=len({(answer.answer, answer.reference_answer) for answer in answers}),
        verdicts=lake.query("regraded_verdicts", **verdicts),
        figures=lake.query("regrade_figures", **figures),
        batch_ids=tuple(batch_ids),
    )


def _parameters(changed: Sequence[Regraded]) -> dict[str, list[str]]:
    """Return the changes as the shipped statements take them, one list for each column."""
    return {
        "answers": [one.stored.answer for one in changed],
        "references": [one.stored.reference_answer for one in changed],
        "before": [one.stored.verdict for one in changed],
        "after": [one.grade.verdict for one in changed],
    }


def _fingerprint(lake: Warehouse, number: int, settings: GradingSettings, versions: Iterable[str]) -> str:
    """Return the hash of what decides the rows: the rules, their settings and the batches that were read."""
    read = lake.query(_BATCHES, round=number, stages=_ANSWERING)["batch_id"].to_list()
    policy = settings.model_dump_json(exclude={"n_workers"})
    return content_id("\x1f".join((*sorted(versions), policy, *read)))
