-- One row per problem of a round that was newly solved, regressed, was lost before, or was never solved yet
-- Parameters: $round: which round; $move = null: newly solved, still solved, solved again, regressed, still lost or never solved; null: all that are not still solved
select
    moves.move, moves.problem_id, moves.level, moves.previous_round, moves.previous_difficulty, moves.difficulty, moves.correct_share,
    problems.answer as reference_answer, problems.statement
from v_problem_moves as moves
left join problems on problems.problem_id = moves.problem_id
where moves.round = $round::integer and case when $move::varchar is null then moves.move <> 'still solved' else moves.move = $move::varchar end
order by moves.move, moves.level, moves.problem_id
