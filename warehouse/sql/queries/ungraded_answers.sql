-- One row per answer of an evaluation that could not be graded, with the reference answer it was compared with
-- Parameters: $policy_id = null: answers of this policy alone
select
    evaluation_answers.problem_id,
    problems.source,
    evaluation_answers.method,
    evaluation_answers.k_index,
    evaluation_answers.answer,
    problems.answer as reference_answer,
    problems.statement,
    evaluation_answers.policy_id,
    evaluation_answers.batch_id
from evaluation_answers
inner join problems on problems.problem_id = evaluation_answers.problem_id
where
    evaluation_answers.verdict = 'unknown'
    and ($policy_id::varchar is null or evaluation_answers.policy_id = $policy_id::varchar)
order by evaluation_answers.problem_id, evaluation_answers.method, evaluation_answers.k_index
