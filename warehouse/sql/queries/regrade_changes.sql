-- One row per round, place and kind of change of the newest regrade: how many stored verdicts would be others, with an example
-- Parameters: $round = null: only this round
with
newest as (
    select round, max_by(batch_id, committed_at) as batch_id
    from batches
    where stage = 'regrade' and shard = 'verdicts'
    group by round
),
final as (
    select
        regraded_verdicts.round,
        regraded_verdicts.answered_in,
        regraded_verdicts.old_verdict,
        regraded_verdicts.verdict,
        count(*) as n_answers,
        count(distinct regraded_verdicts.problem_id) as n_problems,
        arg_min(regraded_verdicts.answer, (regraded_verdicts.problem_id, regraded_verdicts.answer)) as example_answer,
        arg_min(regraded_verdicts.reference_answer, (regraded_verdicts.problem_id, regraded_verdicts.answer)) as example_reference,
        arg_min(regraded_verdicts.old_grading_method, (regraded_verdicts.problem_id, regraded_verdicts.answer)) as example_old_method,
        arg_min(regraded_verdicts.grading_method, (regraded_verdicts.problem_id, regraded_verdicts.answer)) as example_method
    from regraded_verdicts
    inner join newest on newest.batch_id = regraded_verdicts.batch_id
    where $round::integer is null or regraded_verdicts.round = $round::integer
    group by all
)
select * from final
order by round, answered_in, n_answers desc, old_verdict, verdict
