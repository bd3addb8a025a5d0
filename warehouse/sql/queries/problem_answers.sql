-- One row per round, way of answering and answer that an evaluation gave to the problem: how often, and how the PPM liked it
-- Parameters: $problem_id: which problem
select
    round,
    method,
    answer,
    verdict,
    count(*) as n_answers,
    avg(ppm_score) as mean_ppm_score
from evaluation_answers
where problem_id = $problem_id::varchar
group by round, method, answer, verdict
order by round, method, n_answers desc, answer nulls last, verdict
