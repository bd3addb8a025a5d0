-- One row per search tree that has this id: its round and problem, and the checkpoints that searched it
-- Parameters: $tree_id: which tree
-- Internal: stargrove tree
select
    nodes.tree_id,
    nodes.round,
    nodes.problem_id,
    problems.statement,
    problems.answer as reference_answer,
    problems.level,
    problems.source,
    rounds.policy_id,
    rounds.ppm_id
from nodes
left join problems on problems.problem_id = nodes.problem_id
left join rounds on rounds.round = nodes.round
where nodes.tree_id = $tree_id::varchar and nodes.parent_id is null
