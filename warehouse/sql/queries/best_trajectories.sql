-- One row per problem: its best verified trajectory so far by mean Q-value
-- Parameters: $level = null: only problems of this level; $limit = 20: at most so many rows
select problem_id, level, round, trajectory_id, n_steps, answer, mean_q, ppm_score
from v_trajectories
where verification = 'verified' and ($level::integer is null or level = $level::integer)
qualify row_number() over (partition by problem_id order by mean_q desc, round desc, trajectory_id) = 1
order by problem_id
limit $limit::bigint
