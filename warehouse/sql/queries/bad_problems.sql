-- One row per problem that breaks an expectation of the ingest gate
with reasons as (
    select
        *,
        case
            when count(*) over (partition by problem_id) > 1 then 'its id is there twice'
            when trim(statement) = '' then 'its statement is empty'
            when trim(answer) = '' then 'its answer is empty'
            when split not in ('train', 'validation', 'test') then 'its split is unknown'
        end as reason
    from problems
),

final as (
    select reason, problem_id, split, source, level, answer, statement
    from reasons
    where reason is not null
    order by reason, problem_id
)

select * from final
