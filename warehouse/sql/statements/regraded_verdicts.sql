-- One row per stored answer that later rules grade otherwise, in trees and in evaluations
-- Parameters: $round: round of the answers; $answers: of each change the answer; $references: the reference answer; $before: the stored verdict; $after: the verdict now; $methods: how that was reached
-- Into: regraded_verdicts
with
changes as (
    select
        unnest($answers::varchar[]) as answer,
        unnest($references::varchar[]) as reference_answer,
        unnest($before::varchar[]) as old_verdict,
        unnest($after::varchar[]) as verdict,
        unnest($methods::varchar[]) as grading_method
),
answers as (
    select
        'tree' as answered_in,
        problem_id,
        tree_id,
        node_id,
        null::varchar as policy_id,
        null::varchar as ppm_id,
        null::varchar as method,
        null::integer as k_index,
        answer,
        verdict as old_verdict,
        grading_method as old_grading_method,
        batch_id as answer_batch_id
    from nodes
    where round = $round::integer and answer is not null
    union all
    select
        'evaluation', problem_id, null, null, policy_id, ppm_id, method, k_index, answer, verdict, grading_method, batch_id
    from evaluation_answers
    where round = $round::integer and answer is not null
),
final as (
    select
        answers.answered_in,
        answers.problem_id,
        answers.tree_id,
        answers.node_id,
        answers.policy_id,
        answers.ppm_id,
        answers.method,
        answers.k_index,
        answers.answer,
        problems.answer as reference_answer,
        answers.old_verdict,
        answers.old_grading_method,
        changes.verdict,
        changes.grading_method,
        answers.answer_batch_id
    from answers
    inner join problems on problems.problem_id = answers.problem_id
    inner join changes
        on
            changes.answer = answers.answer
            and changes.reference_answer = problems.answer
            and changes.old_verdict = answers.old_verdict
)
select * from final
order by answered_in, problem_id, tree_id, node_id, policy_id, method, k_index
