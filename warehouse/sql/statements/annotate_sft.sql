-- One row per training example of the policy: the best verified trajectories of each problem by mean Q-value
-- Parameters: $round: round that trains; $n_per_problem = 2: at most so many per problem; $first_round = 1: take the trees of this round and later; $set_aside = null: rounds to leave out, separated by commas
-- Into: sft_examples
with
verified as (
    select trajectory_id
    from verifications
    where round <= $round::integer
    group by trajectory_id
    having max_by(verification, round) = 'verified'
),
candidates as (
    select trajectories.problem_id, trajectories.trajectory_id, trajectories.round as trajectory_round, trajectories.mean_q, trajectories.text_hash
    from trajectories
    semi join verified on verified.trajectory_id = trajectories.trajectory_id
    where
        trajectories.round between $first_round::integer and $round::integer
        and ($set_aside::varchar is null or not list_contains(string_split($set_aside::varchar, ','), trajectories.round::varchar))
),
-- The same solution found twice is one example.
distinct_texts as (
    select *
    from candidates
    qualify row_number() over (partition by problem_id, text_hash order by mean_q desc, trajectory_round desc, trajectory_id) = 1
),
final as (
    select
        problem_id,
        trajectory_id,
        trajectory_round,
        -- Ties go to the newer round, then to the id, so that a run is reproducible.
        row_number() over (partition by problem_id order by mean_q desc, trajectory_round desc, trajectory_id)::integer as rank,
        mean_q
    from distinct_texts
    qualify rank <= $n_per_problem::integer
)
select * from final
order by problem_id, rank
