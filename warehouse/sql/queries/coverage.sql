-- One row per round and level (null: all levels): share of problems with a verified trajectory, in this round and so far
-- Parameters: $round = null: only this round
select
    round, level, n_problems, n_answered, n_solved, coverage, n_problems_so_far, n_solved_so_far, coverage_so_far
from v_coverage
where $round::integer is null or round = $round::integer
order by round, is_all_levels, level nulls first
