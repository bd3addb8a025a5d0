-- One row per round and level (null: all levels): share of problems with a verified trajectory, in this round and so far
select
    round, level, is_all_levels, n_problems, n_trees, n_answered, n_solved, coverage, n_problems_so_far, n_solved_so_far, coverage_so_far
from v_coverage_by_kind
where is_all_kinds
