-- One row per training example by rejection sampling: trajectories with a correct answer, as the policy samples them
-- Drawn by v_draws, with the probability that the policy proposes their steps; wrong answers are rejected,
-- and neither Q-values nor a verification have a say.
-- Parameters: $round: round that trains; $n_per_problem = 2: at most so many per problem; $first_round = 1: take the trees of this round and later; $set_aside = null: rounds to leave out, separated by commas
-- Into: sft_examples
with
candidates as (
    select problem_id, trajectory_id, round as trajectory_round, mean_q, text_hash
    from trajectories
    where
        round between $first_round::integer and $round::integer
        and ($set_aside::varchar is null or not list_contains(string_split($set_aside::varchar, ','), round::varchar))
        and verdict = 'correct'
),
draws as (
    select candidates.*, v_draws.draw
    from candidates
    inner join v_draws on v_draws.round = candidates.trajectory_round and v_draws.trajectory_id = candidates.trajectory_id
),
-- The same solution found twice is one example.
distinct_texts as (
    select * from draws qualify row_number() over (partition by problem_id, text_hash order by draw, trajectory_id) = 1
),
final as (
    select
        problem_id,
        trajectory_id,
        trajectory_round,
        row_number() over (partition by problem_id order by draw, trajectory_id)::integer as rank,
        mean_q
    from distinct_texts
    qualify rank <= $n_per_problem::integer
)
select * from final
order by problem_id, rank
