-- One row per round, difficulty in the round before (null: not searched) and difficulty now: how many problems moved so
-- Parameters: $round = null: only this round
select
    round,
    previous_difficulty,
    difficulty,
    count(*) as n_problems,
    count(*) / sum(count(*)) over (partition by round, previous_difficulty) as share_of_previous
from v_problem_moves
where $round::integer is null or round = $round::integer
group by round, previous_difficulty, difficulty
order by round, previous_difficulty nulls first, difficulty
