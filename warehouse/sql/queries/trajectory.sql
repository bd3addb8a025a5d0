-- One row per step of a trajectory, in order, with its text, outcome and Q-value; step 0 is the prompt
-- Parameters: $trajectory_id: which trajectory
with
wanted as (
    select round, tree_id, unnest(node_ids) as node_id
    from trajectories
    where trajectory_id = $trajectory_id::varchar
)
select
    nodes.depth as step, nodes.node_id, nodes.text, nodes.outcome, nodes.stdout, nodes.error, nodes.q_value, nodes.ppm_score,
    nodes.n_visits, nodes.n_correct, nodes.n_wrong
from nodes
inner join wanted on wanted.round = nodes.round and wanted.tree_id = nodes.tree_id and wanted.node_id = nodes.node_id
order by step
