-- One row per metric on the validation split of a round's candidates and of the policy that they would replace
-- Parameters: $round: which round
select
    case when evaluations.policy_id = rounds.candidate_policy_id then 'candidate' else 'current' end as role,
    evaluations.metric,
    evaluations.level,
    evaluations.value,
    evaluations.low,
    evaluations.high,
    evaluations.n_problems,
    evaluations.policy_id,
    evaluations.ppm_id
from rounds
inner join evaluations
    on evaluations.policy_id in (rounds.candidate_policy_id, rounds.policy_id) and evaluations.split = 'validation'
where rounds.round = $round
order by evaluations.metric, evaluations.level nulls first, role
