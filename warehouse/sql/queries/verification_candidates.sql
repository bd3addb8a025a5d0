-- One row per trajectory to be executed again: the best correct ones of each problem, with their texts from the root on
-- Parameters: $round: round that searched; $limit = 4: at most so many per problem; $first_problem = null: only problems from this id on; $next_problem = null: only problems before this id
-- Internal: verify
with
correct as (
    select trajectory_id, tree_id, problem_id, node_ids, answer, mean_q
    from trajectories
    where
        round = $round::integer
        and verdict = 'correct'
        and ($first_problem::varchar is null or problem_id >= $first_problem::varchar)
        and ($next_problem::varchar is null or problem_id < $next_problem::varchar)
    qualify row_number() over (partition by problem_id, text_hash order by mean_q desc, trajectory_id) = 1
),
ranked as (
    select *, row_number() over (partition by problem_id order by mean_q desc, trajectory_id)::integer as rank
    from correct
    qualify rank <= $limit::integer
),
done as (
    select trajectory_id from verifications where round = $round::integer
),
wanted as (
    select ranked.* from ranked anti join done on done.trajectory_id = ranked.trajectory_id
),
places as (
    select trajectory_id, tree_id, unnest(node_ids) as node_id from wanted
),
texts as (
    select
        places.trajectory_id,
        list(nodes.text order by nodes.depth) as texts,
        list(nodes.stdout order by nodes.depth) as stdouts,
        list(nodes.outcome order by nodes.depth) as outcomes
    from places
    inner join nodes on nodes.round = $round::integer and nodes.tree_id = places.tree_id and nodes.node_id = places.node_id
    where
        ($first_problem::varchar is null or nodes.problem_id >= $first_problem::varchar)
        and ($next_problem::varchar is null or nodes.problem_id < $next_problem::varchar)
    group by places.trajectory_id
),
final as (
    select
        wanted.trajectory_id, wanted.tree_id, wanted.problem_id, wanted.rank, wanted.mean_q, wanted.answer,
        problems.answer as reference_answer, problems.statement, texts.texts, texts.stdouts, texts.outcomes
    from wanted
    inner join texts on texts.trajectory_id = wanted.trajectory_id
    inner join problems on problems.problem_id = wanted.problem_id
)
select * from final
order by problem_id, rank
