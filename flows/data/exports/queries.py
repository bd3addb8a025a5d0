"""What is read from the lake for an export. Each query can be kept to a range of problems, so that none is read as a whole."""

from dataclasses import fields
from typing import Final

from warehouse.records import Node
from warehouse.sql.statements import find

_SFT: Final = """
with examples as ({export_sft})
select
    examples.prompt, examples.completion, examples.problem_id, examples.trajectory_id, examples.rank,
    problems.source, problems.level
from examples
left join problems on problems.problem_id = examples.problem_id
order by examples.problem_id, examples.rank, examples.trajectory_id
"""

_PREFERENCES: Final = """
with pairs as ({export_pairs})
select
    pairs.prompt, pairs.chosen, pairs.rejected, pairs.kind, pairs.weight, pairs.chosen_q, pairs.rejected_q, pairs.problem_id,
    problems.source, pairs.tree_round,
    count(distinct (pairs.chosen_tree_id, pairs.chosen_node_id)) over of_prefix as n_chosen,
    count(distinct (pairs.rejected_tree_id, pairs.rejected_node_id)) over of_prefix as n_rejected
from pairs
left join problems on problems.problem_id = pairs.problem_id
window of_prefix as (
    partition by pairs.tree_round, pairs.problem_id, pairs.kind, pairs.prefix_node_id,
        case pairs.kind when 'step' then pairs.chosen_tree_id end
)
order by
    pairs.tree_round, pairs.problem_id, pairs.chosen_tree_id, pairs.kind, pairs.chosen_node_id, pairs.rejected_tree_id,
    pairs.rejected_node_id
"""

NODE_COLUMNS: Final = tuple(field.name for field in fields(Node) if field.name != "repairs")

_OF_RANGE: Final = """
    {table}.round = $round::integer
    and ($first_problem::varchar is null or {table}.problem_id >= $first_problem::varchar)
    and ($next_problem::varchar is null or {table}.problem_id < $next_problem::varchar)
"""

TREES: Final = f"""
select
    {", ".join(f"nodes.{name}" for name in NODE_COLUMNS)},
    -- Beside the root alone: a tree has one problem.
    case when nodes.parent_id is null then problems.statement end as statement,
    case when nodes.parent_id is null then problems.answer end as reference_answer
from nodes
inner join problems on problems.problem_id = nodes.problem_id
where {_OF_RANGE.format(table="nodes")}
order by nodes.problem_id, nodes.tree_id, nodes.node_id
"""

PATHS: Final = f"""
with
checked as (
    select trajectory_id, max_by(verification, round) as verification, max_by(is_lucky, round) as is_lucky
    from verifications
    where
        ($first_problem::varchar is null or problem_id >= $first_problem::varchar)
        and ($next_problem::varchar is null or problem_id < $next_problem::varchar)
    group by trajectory_id
),
labelled as (
    select trajectory_id, min(author) as author from labels where {_OF_RANGE.format(table="labels")} group by trajectory_id
),
answered as (
    select trajectory_id, min(mean_q) as mean_q
    from trajectories
    where {_OF_RANGE.format(table="trajectories")}
    group by trajectory_id
),
placed as (
    select *, case when ending is not null then tree_id || '-' || node_id end as trajectory_id
    from nodes
    where {_OF_RANGE.format(table="nodes")}
)
select
    {", ".join(f"placed.{name}" for name in NODE_COLUMNS)},
    strftime(make_timestamp(epoch_us(batches.committed_at)), '%Y-%m-%dT%H:%M:%SZ') as date,
    placed.round, problems.source, problems.level, problems.split, problems.answer as reference_answer, rounds.policy_id,
    rounds.ppm_id, placed.batch_id, batches.fingerprint, batches.code_version, batches.flow_run_id,
    checked.verification, checked.is_lucky, answered.mean_q, labelled.author
from placed
inner join problems on problems.problem_id = placed.problem_id
inner join batches on batches.batch_id = placed.batch_id
left join rounds on rounds.round = placed.round
left join checked on checked.trajectory_id = placed.trajectory_id
left join labelled on labelled.trajectory_id = placed.trajectory_id
left join answered on answered.trajectory_id = placed.trajectory_id
order by placed.problem_id, placed.tree_id, placed.node_id, placed.batch_id
"""


def sft_query() -> str:
    """Return the query of a round's SFT examples, with what readers elsewhere need of their problems."""
    return _SFT.format(export_sft=find("export_sft").sql)


def preferences_query() -> str:
    """Return the query of a round's preference pairs, with how many different steps their prefix has on either side."""
    return _PREFERENCES.format(export_pairs=find("export_pairs").sql)
