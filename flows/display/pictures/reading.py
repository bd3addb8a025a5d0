"""Read from the lake what the pictures show."""

from dataclasses import dataclass

from flows.display.pictures.lineage_picture import RoundLineage
from flows.display.tables.rounds import RoundSummary
from warehouse.store.lake import Warehouse

_ROUNDS = """
select
    rounds.round,
    rounds.status,
    rounds.policy_id as searched_by_policy,
    rounds.ppm_id as searched_by_ppm,
    (select count(*) from nodes where nodes.round = rounds.round and parent_id is null) as n_trees,
    (select count(*) from nodes where nodes.round = rounds.round) as n_nodes,
    (select count(*) from verifications where verifications.round = rounds.round and verification = 'verified') as n_verified,
    rounds.snapshot_id,
    rounds.candidate_policy_id as policy_id,
    rounds.candidate_ppm_id as ppm_id
from rounds
where rounds.round > 0
order by rounds.round
"""

_BASE = "select checkpoint_id from checkpoints where kind = 'base' order by checkpoint_id limit 1"


@dataclass(frozen=True, slots=True)
class EvolutionState:
    """Everything that the pictures show of an evolution so far."""

    base_id: str
    summaries: tuple[RoundSummary, ...]
    lineages: tuple[RoundLineage, ...]

    @property
    def base_pass_1(self) -> float | None:
        """Greedy pass@1 of the base on held-out problems, None where it was not measured."""
        return next((one.greedy_pass_1 for one in self.summaries if one.round == 0), None)


def read_state(lake: Warehouse) -> EvolutionState:
    """Return the state of the evolution in a lake."""
    summaries = tuple(RoundSummary.of_row(row) for row in lake.query("round_summary").iter_rows(named=True))
    by_round = {one.round: one for one in summaries}
    base = lake.query(_BASE)["checkpoint_id"].to_list()
    lineages = []
    for row in lake.query(_ROUNDS).iter_rows(named=True):
        one = by_round[row["round"]]
        lineages.append(
            RoundLineage(
                **row,
                coverage=one.coverage,
                n_sft_examples=one.n_sft_examples or 0,
                n_pairs=one.n_pairs or 0,
                greedy_pass_1=one.greedy_pass_1,
                ppm_pair_accuracy=one.ppm_pair_accuracy,
            )
        )
    return EvolutionState(base[0] if base else "base", summaries, tuple(lineages))
