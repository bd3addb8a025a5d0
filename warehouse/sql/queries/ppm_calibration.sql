-- One row per PPM, use of its scores and tenth of their range: mean score against the reward that followed
-- Parameters: $round = null: only scores used in this round; $used_in = null: search or evaluation
select round, used_in, ppm_id, lower_score, upper_score, n_scores, mean_score, observed_reward, bias
from v_ppm_calibration
where
    ($round::integer is null or round = $round::integer)
    and ($used_in::varchar is null or used_in = $used_in::varchar)
order by round, used_in, ppm_id, lower_score
