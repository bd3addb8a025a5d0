-- One row per kind of failure of step code, most frequent first: exception, message without its names and numbers, an example
-- Parameters: $round = null: only this round
select
    round, outcome, exception, message, n_nodes, share_of_steps, n_problems, mean_depth, example_error, example_tree_id, example_node_id
from v_step_errors
where $round::integer is null or round = $round::integer
order by round, n_nodes desc, outcome, exception, message
