-- One row per training example of the policy of a round, with the text it is trained on
-- Parameters: $round: round that trains; $first_problem = null: only problems from this id on; $next_problem = null: only problems before this id
-- Internal: stargrove export and train-policy
with
examples as (
    select sft_examples.problem_id, sft_examples.trajectory_id, sft_examples.trajectory_round, sft_examples.rank, trajectories.tree_id,
        trajectories.node_ids
    from sft_examples
    inner join trajectories
        on trajectories.round = sft_examples.trajectory_round and trajectories.trajectory_id = sft_examples.trajectory_id
    where
        sft_examples.round = $round::integer
        and ($first_problem::varchar is null or sft_examples.problem_id >= $first_problem::varchar)
        and ($next_problem::varchar is null or sft_examples.problem_id < $next_problem::varchar)
        and ($first_problem::varchar is null or trajectories.problem_id >= $first_problem::varchar)
        and ($next_problem::varchar is null or trajectories.problem_id < $next_problem::varchar)
),
places as (
    select problem_id, trajectory_id, trajectory_round, rank, tree_id, unnest(node_ids) as node_id from examples
),
final as (
    select
        places.problem_id,
        places.trajectory_id,
        places.rank,
        max(nodes.text) filter (where nodes.depth = 0) as prompt,
        string_agg(nodes.text, '' order by nodes.depth) filter (where nodes.depth > 0) as completion
    from places
    inner join nodes
        on nodes.round = places.trajectory_round and nodes.tree_id = places.tree_id and nodes.node_id = places.node_id
    where
        ($first_problem::varchar is null or nodes.problem_id >= $first_problem::varchar)
        and ($next_problem::varchar is null or nodes.problem_id < $next_problem::varchar)
    group by places.problem_id, places.trajectory_id, places.rank
)
select * from final
order by problem_id, rank, trajectory_id
