-- One row per distinct answer, reference answer and verdict of a round, in trees and in evaluations: how many rows say so
-- Parameters: $round: round of the answers; 0 has imported trees and the answers of the base
with
answers as (
    select problem_id, answer, verdict from nodes where round = $round::integer and answer is not null and verdict is not null
    union all
    select problem_id, answer, verdict from evaluation_answers where round = $round::integer and answer is not null
),
final as (
    select answers.answer, problems.answer as reference_answer, answers.verdict, count(*) as n_rows
    from answers
    inner join problems on problems.problem_id = answers.problem_id
    group by all
)
select * from final
order by answer, reference_answer, verdict
