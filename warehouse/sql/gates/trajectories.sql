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
        trajectories.problem_id,
        trajectories.tree_id,
        trajectories.leaf_node_id,
        trajectories.node_ids::varchar as node_ids,
        trajectories.n_steps,
        count(*) over (partition by trajectories.trajectory_id) as n_of_trajectory,
        trajectories.mean_q,
        coalesce(trajectories.verdict, 'none') as verdict,
        case
            when leaves.node_id is null then 'its terminal node is missing'
            when leaves.problem_id is distinct from trajectories.problem_id then 'its terminal node is of another problem'
            when leaves.verdict is distinct from trajectories.verdict then 'its terminal node has another verdict'
            when trajectories.node_ids[1] <> 0 or trajectories.node_ids[-1] <> trajectories.leaf_node_id
                then 'its path does not lead from the root to its terminal node'
            when len(trajectories.node_ids) <> trajectories.n_steps + 1 then 'n_steps does not fit its path'
            else 'yes'
        end as fits_its_tree
    from trajectories
    left join leaves on leaves.tree_id = trajectories.tree_id and leaves.node_id = trajectories.leaf_node_id
    where trajectories.round = $round
)

select * from final
