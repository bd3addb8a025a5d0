-- One row per evaluated policy, split and level (null: all levels): unbiased pass@k over its sampled answers
-- Parameters: $k = 1: answers that may be tried, one of 1, 2, 4, 8, 16, 32, 64; $round = null: only checkpoints of this round
select round, policy_id, split, level, k, n_problems, pass_at_k
from v_pass_at_k
where k = $k::integer and ($round::integer is null or round = $round::integer)
order by round, policy_id, split, is_all_levels, level nulls first
