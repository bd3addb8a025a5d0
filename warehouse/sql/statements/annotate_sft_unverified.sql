-- One row per training example of the control: as many trajectories as annotate_sft selects, as the policy samples them, right or wrong
-- Drawn by v_draws, with the probability that the policy proposes their steps.
-- Parameters: $round: round that trains; $n_per_problem = 2: of annotate_sft; $first_round = 1: take the trees of this round and later; $set_aside = null: rounds to leave out, separated by commas
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
    select
        trajectories.problem_id,
        trajectories.trajectory_id,
        trajectories.round as trajectory_round,
        trajectories.mean_q,
        trajectories.text_hash,
        verified.trajectory_id is not null as is_verified
    from trajectories
    left join verified on verified.trajectory_id = trajectories.trajectory_id
    where
        trajectories.round between $first_round::integer and $round::integer
        and ($set_aside::varchar is null or not list_contains(string_split($set_aside::varchar, ','), trajectories.round::varchar))
),
wanted_per_problem as (
    select problem_id, least(count(distinct text_hash), $n_per_problem::integer) as n_wanted
    from candidates
    where is_verified
    group by problem_id
),
wanted as (
    select coalesce(sum(n_wanted), 0) as n_wanted from wanted_per_problem
),
draws as (
    select candidates.*, v_draws.draw
    from candidates
    inner join v_draws on v_draws.round = candidates.trajectory_round and v_draws.trajectory_id = candidates.trajectory_id
),
chosen as (
    select problem_id, trajectory_id, trajectory_round, mean_q
    from draws
    qualify row_number() over (partition by problem_id order by draw, trajectory_id) <= $n_per_problem::integer
    order by draw, trajectory_id
    limit (select n_wanted from wanted)
),
final as (
    select
        problem_id,
        trajectory_id,
        trajectory_round,
        row_number() over (partition by problem_id order by md5(trajectory_id), trajectory_id)::integer as rank,
        mean_q
    from chosen
)
select * from final
order by problem_id, rank
