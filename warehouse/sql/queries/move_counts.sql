-- One row per round and move: how many problems were newly solved, regressed, never solved, ...
-- Parameters: $round = null: only this round
select round, move, count(*) as n_problems
from v_problem_moves
where $round::integer is null or round = $round::integer
group by round, move
order by round, n_problems desc, move
