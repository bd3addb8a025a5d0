-- One row per trajectory that a round verified although its search did not grade it correct, or that is not there
-- Parameters: $round: which round
select
    verifications.trajectory_id,
    verifications.problem_id,
    coalesce(trajectories.verdict, 'no such trajectory') as verdict,
    trajectories.answer
from verifications
left join trajectories using (trajectory_id)
where
    verifications.round = $round
    and verifications.verification = 'verified'
    and trajectories.verdict is distinct from 'correct'
order by verifications.trajectory_id
