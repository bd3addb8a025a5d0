-- One row per lake: figures of all problems.
-- Parameters: $round: not used, since every round searches all problems
with problem_figures as (
    select
        count(*) as n_problems,
        count(*) - count(distinct problem_id) as n_repeated_ids,
        count(*) filter (where split = 'train') as n_train,
        count(*) filter (where split = 'validation') as n_validation
    from problems
),

-- A refused copy of a test problem is decontamination at work, not a broken file.
quarantine_figures as (
    select count(*) as n_quarantined
    from quarantine
    where not starts_with(reason, 'contaminated')
),

final as (
    select
        n_problems,
        n_repeated_ids,
        n_train,
        n_validation,
        n_quarantined / greatest(n_quarantined + n_problems, 1) as quarantined_share
    from problem_figures
    cross join quarantine_figures
)

select * from final
