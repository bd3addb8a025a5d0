-- One row per trajectory of a round that did not come out the same when it was executed again
-- Parameters: $round: which round
select
    verifications.verification,
    verifications.detail,
    verifications.trajectory_id,
    verifications.problem_id,
    trajectories.verdict as verdict_of_search,
    trajectories.answer
from verifications
left join trajectories using (trajectory_id)
where verifications.round = $round and verifications.verification <> 'verified'
order by verifications.verification, verifications.trajectory_id
