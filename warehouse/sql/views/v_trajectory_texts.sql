-- One row per trajectory, with the prompt and the completion that it is made of
with
final as (
    select
        trajectory_id,
        round,
        problem_id,
        max(text) filter (where step = 0) as prompt,
        string_agg(text, '' order by step) filter (where step > 0) as completion
    from v_steps
    group by trajectory_id, round, problem_id
)
select * from final
