-- One row per step of a trajectory, in order; step 0 is the prompt
with
places as (
    select trajectory_id, tree_id, problem_id, round, unnest(node_ids) as node_id
    from trajectories
),
final as (
    select
        places.trajectory_id,
        places.round,
        places.problem_id,
        places.tree_id,
        nodes.depth as step,
        nodes.node_id,
        nodes.text,
        nodes.outcome,
        nodes.stdout,
        nodes.error,
        nodes.q_value,
        nodes.ppm_score,
        nodes.n_visits,
        nodes.n_correct,
        nodes.n_wrong
    from places
    inner join nodes on nodes.round = places.round and nodes.tree_id = places.tree_id and nodes.node_id = places.node_id
)
select * from final
