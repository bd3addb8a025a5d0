-- One row per search tree of the problem: its size, what it found, and what became of that
-- Parameters: $problem_id: which problem
with
trees as (
    select
        round,
        tree_id,
        count(*) as n_nodes,
        max(n_visits) filter (where parent_id is null) as n_rollouts,
        count(*) filter (where verdict is not null) as n_answers,
        count(*) filter (where verdict = 'correct') as n_right_answers
    from nodes
    where problem_id = $problem_id::varchar
    group by round, tree_id
),
replayed as (
    select trajectories.tree_id, count(distinct trajectories.trajectory_id) as n_verified
    from trajectories
    inner join verifications on verifications.trajectory_id = trajectories.trajectory_id
    where trajectories.problem_id = $problem_id::varchar and verifications.problem_id = $problem_id::varchar and verification = 'verified'
    group by trajectories.tree_id
),
final as (
    select
        trees.round,
        trees.tree_id,
        trees.n_nodes,
        trees.n_rollouts,
        trees.n_answers,
        trees.n_right_answers,
        coalesce(replayed.n_verified, 0) as n_verified
    from trees
    left join replayed on replayed.tree_id = trees.tree_id
)
select * from final
order by round, tree_id
