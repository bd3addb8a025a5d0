-- One row per problem and round that searched it: solved or not, its difficulty, and how both moved since the round that searched it before
with
history as (
    select
        round,
        problem_id,
        level,
        is_solved,
        difficulty,
        n_right_endings / nullif(n_endings, 0) as correct_share,
        lag(round) over problem_rounds as previous_round,
        lag(is_solved) over problem_rounds as was_solved,
        lag(difficulty) over problem_rounds as previous_difficulty,
        coalesce(bool_or(is_solved) over (problem_rounds rows between unbounded preceding and 1 preceding), false) as solved_before
    from v_searched
    window problem_rounds as (partition by problem_id order by round)
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
