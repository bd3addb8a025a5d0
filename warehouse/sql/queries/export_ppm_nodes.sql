-- One row per node of the trees that preference pairs were read off, parents before children; the root's text is the prompt
-- Parameters: $round: round that trains; $first_round = 1: take the trees of this round and later; $set_aside = null: rounds to leave out, separated by commas; $first_problem = null: only problems from this id on; $next_problem = null: only problems before this id
-- Internal: train-ppm
with
pairs as (
    select round, chosen_tree_id, rejected_tree_id
    from preference_pairs
    where
        round between $first_round::integer and $round::integer
        and ($set_aside::varchar is null or not list_contains(string_split($set_aside::varchar, ','), round::varchar))
        and ($first_problem::varchar is null or problem_id >= $first_problem::varchar)
        and ($next_problem::varchar is null or problem_id < $next_problem::varchar)
),
trees as (
    select round, chosen_tree_id as tree_id from pairs
    union
    select round, rejected_tree_id from pairs
)
select
    nodes.tree_id, nodes.problem_id, nodes.node_id, nodes.parent_id, nodes.depth, nodes.text, nodes.q_value, nodes.verdict,
    nodes.round as tree_round
from nodes
semi join trees on trees.round = nodes.round and trees.tree_id = nodes.tree_id
where
    ($first_problem::varchar is null or nodes.problem_id >= $first_problem::varchar)
    and ($next_problem::varchar is null or nodes.problem_id < $next_problem::varchar)
order by tree_round, nodes.problem_id, nodes.tree_id, nodes.node_id
