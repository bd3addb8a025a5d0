-- One row per unsolved problem whose different solutions agree on another answer: its reference answer may be wrong
-- Parameters: $min_solutions = 3: different solution texts that agree; $min_share = 0.5: of all its different solutions
select
    problem_id, source, level, reference_answer, suspected_answer, n_solutions, share_of_solutions, n_answers, n_rounds, statement
from v_label_suspects
where n_solutions >= $min_solutions::integer and share_of_solutions >= $min_share::double
order by n_solutions desc, share_of_solutions desc, problem_id
