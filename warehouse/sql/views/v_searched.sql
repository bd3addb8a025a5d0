-- One row per problem and round that searched it: what came of its trees
with
trees as (
    select round, problem_id, count(*) as n_trees, sum(n_visits)::bigint as n_rollouts, sum(n_correct)::bigint as n_correct, sum(n_wrong)::bigint as n_wrong
    from nodes
    -- Round 0 holds what was imported, which nobody here searched.
    where parent_id is null and round > 0
    group by round, problem_id
),
-- Terminal nodes in which rollouts ended, each once.
endings as (
    select round, problem_id, count(*) as n_endings, count(*) filter (where verdict = 'correct') as n_right_endings
    from nodes
    where ending is not null and n_visits > 0 and round > 0
    group by round, problem_id
),
-- A graded answer counts whether or not a rollout reached it.
graded as (
    select
        round,
        problem_id,
        count(*) filter (where verdict = 'correct') as n_right_answers,
        count(*) filter (where verdict = 'wrong') as n_wrong_answers
    from nodes
    where verdict is not null and round > 0
    group by round, problem_id
),
verified as (
    -- A round verifies trajectories of its own trees.
    select distinct problem_id, round from verifications where verification = 'verified'
),
final as (
    select
        trees.round,
        trees.problem_id,
        problems.level,
        problems.kind,
        trees.n_trees,
        trees.n_rollouts,
        trees.n_correct,
        trees.n_wrong,
        coalesce(endings.n_endings, 0) as n_endings,
        coalesce(endings.n_right_endings, 0) as n_right_endings,
        coalesce(graded.n_right_answers, 0) > 0 as is_answered,
        verified.problem_id is not null as is_solved,
        case
            when coalesce(graded.n_right_answers, 0) = 0 then 'hard'
            when trees.n_correct = trees.n_rollouts and graded.n_wrong_answers = 0 then 'easy'
            else 'medium'
        end as difficulty
    from trees
    left join problems on problems.problem_id = trees.problem_id
    left join endings on endings.problem_id = trees.problem_id and endings.round = trees.round
    left join graded on graded.problem_id = trees.problem_id and graded.round = trees.round
    left join verified on verified.problem_id = trees.problem_id and verified.round = trees.round
)
select * from final
