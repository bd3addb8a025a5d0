-- One row per problem and round that searched it: solved or not, its difficulty, and how both moved since the round of its line that searched it before
with
searched as materialized (
    select round, problem_id, level, is_solved, difficulty, n_right_endings / nullif(n_endings, 0) as correct_share from v_searched
),
rounds_searched as (
    select distinct round from searched
),
builds_on as (
    select rounds_searched.round, earlier.round as earlier_round
    from rounds_searched
    inner join rounds_searched as earlier on earlier.round < rounds_searched.round
    anti join v_set_aside on v_set_aside.round = rounds_searched.round and v_set_aside.set_aside_round = earlier.round
),
before as (
    select
        builds_on.round,
        searched.problem_id,
        max(searched.round) as previous_round,
        max_by(searched.is_solved, searched.round) as was_solved,
        max_by(searched.difficulty, searched.round) as previous_difficulty,
        bool_or(searched.is_solved) as solved_before
    from builds_on
    inner join searched on searched.round = builds_on.earlier_round
    group by builds_on.round, searched.problem_id
),
history as (
    select
        searched.*,
        before.previous_round,
        before.was_solved,
        before.previous_difficulty,
        coalesce(before.solved_before, false) as solved_before
    from searched
    left join before on before.round = searched.round and before.problem_id = searched.problem_id
),
final as (
    select
        round,
        previous_round,
        problem_id,
        level,
        is_solved,
        difficulty,
        previous_difficulty,
        correct_share,
        case
            when is_solved and not solved_before then 'newly solved'
            when is_solved and was_solved then 'still solved'
            when is_solved then 'solved again'
            when was_solved then 'regressed'
            when solved_before then 'still lost'
            else 'never solved'
        end as move
    from history
)
select * from final
