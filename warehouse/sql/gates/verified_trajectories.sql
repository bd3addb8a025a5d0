-- One row per trajectory that a round verified, with the verdict of its search.
-- Parameters: $round: which round
select
    verifications.trajectory_id,
    verifications.problem_id,
    trajectories.answer,
    coalesce(trajectories.verdict, 'none') as verdict
from verifications
left join trajectories using (trajectory_id)
where verifications.round = $round and verifications.verification = 'verified'
