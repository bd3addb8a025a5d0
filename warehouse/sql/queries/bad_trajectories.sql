-- One row per trajectory that is there twice, has values out of range, or does not fit the tree that it was read off
-- Parameters: $round: which round
with
leaves as (
    select tree_id, node_id, any_value(problem_id) as problem_id, any_value(verdict) as verdict
    from nodes
    where round = $round::integer and ending = 'answer'
    group by tree_id, node_id
),
reasons as (
    select
        trajectories.*,
        case
            when count(*) over (partition by trajectories.trajectory_id) > 1 then 'it is there twice'
            when (trajectories.mean_q between -1 and 1) is distinct from true then 'mean_q outside [-1, 1]'
            when trajectories.verdict not in ('correct', 'wrong', 'unknown') then 'unknown verdict'
            when leaves.node_id is null then 'its terminal node is missing'
            when leaves.problem_id <> trajectories.problem_id then 'its terminal node is of another problem'
            when leaves.verdict is distinct from trajectories.verdict then 'its terminal node has another verdict'
            when trajectories.node_ids[1] <> 0 or trajectories.node_ids[-1] <> trajectories.leaf_node_id
                then 'its path does not lead from the root to its terminal node'
            when len(trajectories.node_ids) <> trajectories.n_steps + 1 then 'n_steps does not fit its path'
        end as reason
    from trajectories
    left join leaves on leaves.tree_id = trajectories.tree_id and leaves.node_id = trajectories.leaf_node_id
    where trajectories.round = $round::integer
),
final as (
    select reason, trajectory_id, problem_id, tree_id, leaf_node_id, node_ids, n_steps, verdict, mean_q
    from reasons
    where reason is not null
)
select * from final
order by trajectory_id
