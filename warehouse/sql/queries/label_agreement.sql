-- One row per author of imported trajectories: how many its labels call correct, how many we do, and how often both agree
select
    author,
    count(*) as n_trajectories,
    count(*) filter (where label = 'correct') as n_labelled_correct,
    count(*) filter (where verdict = 'correct') as n_graded_correct,
    count(*) filter (where verdict = 'unknown') as n_unknown,
    count(*) filter (where label <> verdict) as n_disagreements,
    count(*) filter (where label = verdict) / count(*) as agreement
from labels
group by author
order by author
