-- One row per round that searched the problem: whether it was solved, how hard it was, and how both moved
-- Parameters: $problem_id: which problem
select
    searched.round, moves.move, searched.is_solved, searched.difficulty, searched.n_trees, searched.n_rollouts, searched.n_endings,
    searched.n_right_endings
from v_searched as searched
inner join v_problem_moves as moves on moves.problem_id = searched.problem_id and moves.round = searched.round
where searched.problem_id = $problem_id::varchar and moves.problem_id = $problem_id::varchar
order by searched.round
