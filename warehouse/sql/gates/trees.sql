-- One row per search tree of a round: whether it is whole. Nodes are numbered from 0 without a gap.
-- Parameters: $round: which round
select
    tree_id,
    min(problem_id) as problem_id,
    count(*) as n_rows,
    count(distinct problem_id) as n_problems,
    count(*) filter (where node_id = 0 and parent_id is null) as n_roots,
    count(*) - count(distinct node_id) as n_repeated_nodes,
    max(node_id) + 1 - count(distinct node_id) as n_missing_nodes
from nodes
where round = $round
group by tree_id
