-- One row per test problem that a policy answered: whether greedily right, answers that could not be graded, tokens spent
-- Parameters: $policy_id: which policy; $benchmark = null: source of the problems, or null for the whole split
select
    evaluation_answers.problem_id,
    bool_or(evaluation_answers.method = 'greedy' and evaluation_answers.verdict = 'correct') as greedy_correct,
    count(*) filter (where evaluation_answers.verdict = 'unknown') as n_unknown,
    sum(evaluation_answers.n_tokens) as n_tokens
from evaluation_answers
inner join problems using (problem_id)
where
    evaluation_answers.split = 'test'
    and evaluation_answers.policy_id = $policy_id
    and ($benchmark::varchar is null or problems.source = $benchmark::varchar)
group by evaluation_answers.problem_id
order by evaluation_answers.problem_id
