-- One row per round and level (null: all levels): share of problems with a verified trajectory, in this round and so far
-- Parameters: $round = null: only this round; $kind = null: only problems of this kind (one_answer, choice, several_answers, ...)
select
    round, level, n_problems, n_answered, n_solved, coverage, n_problems_so_far, n_solved_so_far, coverage_so_far
from v_coverage_by_kind
where ($round::integer is null or round = $round::integer) and (kind = $kind::varchar or ($kind::varchar is null and is_all_kinds))
order by round, is_all_levels, level nulls first
