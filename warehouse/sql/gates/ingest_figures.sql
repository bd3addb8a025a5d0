-- One row per lake: figures of all problems. Every round searches all of them, so none is named.
with problem_figures as (
    select
        count(*) as n_problems,
        count(*) filter (where split = 'train') as n_train,
        count(*) filter (where split = 'validation') as n_validation
    from problems
),

-- A refused copy of a test problem is decontamination at work, not a broken file; nor is a row that asks for a proof or that its
-- data set calls invalid.
quarantine_figures as (
    select
        count(*) filter (where not regexp_matches(reason, '^(contaminated|proof|invalid): ')) as n_quarantined,
        count(*) filter (where starts_with(reason, 'contaminated')) as n_contaminated
    from quarantine
),

repeats as (
    select
        count(distinct near_duplicates.problem_id) filter (where repeated.split = 'train') as n_near_train,
        count(distinct near_duplicates.problem_id) filter (where repeated.split <> 'train') as n_near_held_out
    from near_duplicates
    inner join problems as repeating on repeating.problem_id = near_duplicates.problem_id
    inner join problems as repeated on repeated.problem_id = near_duplicates.near_problem_id
    where repeating.split = 'train'
),

final as (
    select
        problem_figures.n_problems,
        problem_figures.n_train,
        problem_figures.n_validation,
        quarantine_figures.n_quarantined / greatest(quarantine_figures.n_quarantined + problem_figures.n_problems, 1) as quarantined_share,
        quarantine_figures.n_contaminated / greatest(quarantine_figures.n_contaminated + problem_figures.n_train, 1) as contaminated_share,
        repeats.n_near_train / greatest(problem_figures.n_train, 1) as near_duplicate_share,
        repeats.n_near_held_out / greatest(problem_figures.n_train, 1) as near_held_out_share
    from problem_figures
    cross join quarantine_figures
    cross join repeats
)

select * from final
