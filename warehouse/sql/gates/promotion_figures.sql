-- One row per round: its candidates on the validation split beside what they would replace.
-- Parameters: $round: which round
with this_round as (
    -- A model that only helped to search is no policy: what the first candidate has to beat is the base.
    select
        coalesce(bases.checkpoint_id, rounds.policy_id) as policy_id,
        rounds.candidate_policy_id,
        rounds.candidate_ppm_id
    from rounds
    left join checkpoints as searchers on searchers.checkpoint_id = rounds.policy_id and searchers.kind = 'bootstrap'
    left join checkpoints as bases on searchers.checkpoint_id is not null and bases.kind = 'base' and bases.status = 'current'
    where rounds.round = $round
),

-- An evaluation that was repeated under other settings counts in its latest form.
validation as (
    select
        evaluations.policy_id,
        evaluations.ppm_id,
        evaluations.metric,
        max_by(evaluations.value, batches.committed_at) as value
    from evaluations
    inner join batches using (batch_id)
    where evaluations.split = 'validation' and evaluations.level is null and evaluations.benchmark is null
    group by all
),

solved as (
    select count(distinct verifications.problem_id) as n_solved
    from verifications
    inner join problems using (problem_id)
    where verifications.round <= $round and verifications.verification = 'verified' and problems.split = 'train'
),

-- What earlier promotion gates counted: fewer solved problems now would mean that rows were lost.
solved_before as (
    select max(try_cast(observed as bigint)) as n_solved_before
    from gate_results
    where gate = 'promotion' and column_name = 'n_solved' and round < $round
),

final as (
    select
        max(validation.value) filter (
            where validation.metric = 'greedy_pass_1' and validation.policy_id = this_round.candidate_policy_id
        ) as candidate_pass_1,
        max(validation.value) filter (
            where validation.metric = 'greedy_pass_1' and validation.policy_id = this_round.policy_id
        ) as current_pass_1,
        max(validation.value) filter (
            where validation.metric = 'ppm_pair_accuracy' and validation.ppm_id = this_round.candidate_ppm_id
        ) as ppm_pair_accuracy,
        any_value(this_round.candidate_policy_id) as candidate_policy_id,
        any_value(this_round.candidate_ppm_id) as candidate_ppm_id,
        any_value(this_round.policy_id) as policy_id,
        any_value(solved.n_solved) as n_solved,
        any_value(solved_before.n_solved_before) as n_solved_before
    from this_round
    left join validation on true
    cross join solved
    cross join solved_before
)

select * from final
