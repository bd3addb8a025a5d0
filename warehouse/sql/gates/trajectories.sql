-- One row per trajectory of a round, with what must fit its tree.
-- Parameters: $round: which round
with leaves as (
    select tree_id, node_id, any_value(problem_id) as problem_id, any_value(verdict) as verdict
    from nodes
    where round = $round and ending = 'answer'
    group by tree_id, node_id
),

final as (
    select
        trajectories.trajectory_id,
        trajectories.mean_q,
        coalesce(trajectories.verdict, 'none') as verdict,
        case
            when leaves.problem_id is distinct from trajectories.problem_id then 'no'
            when leaves.verdict is distinct from trajectories.verdict then 'no'
            when trajectories.node_ids[1] <> 0 or trajectories.node_ids[-1] <> trajectories.leaf_node_id then 'no'
            when len(trajectories.node_ids) <> trajectories.n_steps + 1 then 'no'
            else 'yes'
        end as fits_its_tree,
        count(*) over (partition by trajectories.trajectory_id) as n_of_trajectory
    from trajectories
    left join leaves on leaves.tree_id = trajectories.tree_id and leaves.node_id = trajectories.leaf_node_id
    where trajectories.round = $round
)

select * from final
