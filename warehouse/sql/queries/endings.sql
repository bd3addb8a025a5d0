-- One row per way in which nodes of a round ended: ending, outcome of the code and verdict, with an example
-- Parameters: $round: which round
select
    ending,
    outcome,
    coalesce(verdict, 'none') as verdict,
    count(*) as n_nodes,
    count(distinct problem_id) as n_problems,
    max(error) as an_error,
    min_by(tree_id, (tree_id, node_id)) as example_tree_id,
    min_by(node_id, (tree_id, node_id)) as example_node_id
from nodes
where round = $round and ending is not null
group by ending, outcome, coalesce(verdict, 'none')
order by n_nodes desc, ending, outcome, verdict
