-- One row per preference pair of the rounds up to this one, as ids of nodes
-- Parameters: $round: round that trains; $first_round = 1: take the trees of this round and later; $set_aside = null: rounds to leave out, separated by commas; $first_problem = null: only problems from this id on; $next_problem = null: only problems before this id
-- Internal: train-ppm
select
    problem_id, kind, chosen_tree_id, chosen_node_id, rejected_tree_id, rejected_node_id, prefix_node_id, chosen_q, rejected_q, weight,
    round as tree_round
from preference_pairs
where
    round between $first_round::integer and $round::integer
    and ($set_aside::varchar is null or not list_contains(string_split($set_aside::varchar, ','), round::varchar))
    and ($first_problem::varchar is null or problem_id >= $first_problem::varchar)
    and ($next_problem::varchar is null or problem_id < $next_problem::varchar)
order by tree_round, problem_id, chosen_tree_id, kind, prefix_node_id, chosen_node_id, rejected_tree_id, rejected_node_id
