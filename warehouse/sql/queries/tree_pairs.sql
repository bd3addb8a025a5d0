-- One row per preference pair of which a node of the tree is the chosen or the rejected side
-- Parameters: $tree_id: which tree
select
    kind, round, prefix_node_id, chosen_tree_id, chosen_node_id, chosen_q, rejected_tree_id, rejected_node_id, rejected_q, weight
from preference_pairs
where $tree_id::varchar in (chosen_tree_id, rejected_tree_id)
order by round, kind desc, prefix_node_id, chosen_tree_id, chosen_node_id, rejected_tree_id, rejected_node_id
