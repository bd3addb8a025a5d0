-- One row per problem that was searched: how hard it turned out over all rounds
with
searched as (
    select
        problem_id,
        any_value(level) as level,
        count(*) as n_rounds,
        count(*) filter (where is_solved) as n_rounds_solved,
        min(round) filter (where is_solved) as first_solved_in,
        max(round) filter (where is_solved) as last_solved_in,
        max(round) as last_searched_in,
        sum(n_rollouts)::bigint as n_rollouts,
        sum(n_correct)::bigint as n_correct,
        sum(n_endings)::bigint as n_endings,
        sum(n_right_endings)::bigint as n_right_endings,
        max_by(difficulty, round) as difficulty
    from v_searched
    group by problem_id
),
final as (
    select
        searched.problem_id,
        problems.source,
        searched.level,
        searched.n_rounds,
        searched.n_rounds_solved,
        searched.first_solved_in,
        searched.last_solved_in,
        searched.last_searched_in,
        searched.n_rollouts,
        searched.n_correct,
        searched.n_endings,
        searched.n_right_endings,
        -- Of distinct endings: how often rollouts came to one says how the search chose, not how hard the problem is.
        searched.n_right_endings / nullif(searched.n_endings, 0) as correct_share,
        searched.difficulty,
        problems.answer as reference_answer,
        problems.statement
    from searched
    left join problems on problems.problem_id = searched.problem_id
)
select * from final
