-- One row per problem that no round solved yet, those with correct rollouts first
-- Parameters: $level = null: only problems of this level; $limit = 50: at most so many rows
select problem_id, source, level, n_rounds, n_rollouts, n_correct, difficulty, reference_answer, statement
from v_problem_difficulty
where first_solved_in is null and ($level::integer is null or level = $level::integer)
order by n_correct desc, n_rollouts desc, problem_id
limit $limit::bigint
