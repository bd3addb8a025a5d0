-- One row per tenth of the range of mean Q-values: how often trajectories with that mean Q-value were right and verified
-- Parameters: $round = null: only this round
select
    round, lower_q, upper_q, n_trajectories, mean_q, observed_reward, observed_reward - mean_q as bias, share_correct, n_checked, share_verified
from v_q_calibration
where $round::integer is null or round = $round::integer
order by round, lower_q
