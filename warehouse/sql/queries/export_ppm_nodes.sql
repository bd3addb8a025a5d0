-- One row per node of the trees that preference pairs were read off, parents before children; the root's text is the prompt
-- Parameters: $round: round that trains; $first_round = 1: take the trees of this round and later
with
trees as (
    select round, chosen_tree_id as tree_id
    from preference_pairs
    where round between $first_round::integer and $round::integer
    union
    select round, rejected_tree_id
    from preference_pairs
    where round between $first_round::integer and $round::integer
)
select
    nodes.tree_id, nodes.problem_id, nodes.node_id, nodes.parent_id, nodes.depth, nodes.text, nodes.q_value, nodes.verdict,
    nodes.round as tree_round
from nodes
semi join trees on trees.round = nodes.round and trees.tree_id = nodes.tree_id
order by tree_round, nodes.problem_id, nodes.tree_id, nodes.node_id
