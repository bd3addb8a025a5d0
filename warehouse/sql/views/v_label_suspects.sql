-- One row per searched problem that no answer ever solved: the answer that its solutions agree on most, beside the reference
with
answers as (
    select
        trajectories.problem_id,
        trajectories.answer,
        count(*) as n_trajectories,
        count(distinct trajectories.text_hash) as n_solutions,
        count(distinct trajectories.round) as n_rounds
    from trajectories
    where trajectories.answer is not null
    group by trajectories.problem_id, trajectories.answer
),
solved as (
    select distinct problem_id from trajectories where verdict = 'correct'
),
agreed as (
    select
        problem_id,
        max_by(answer, (n_solutions, n_trajectories, answer)) as suspected_answer,
        max_by(n_solutions, (n_solutions, n_trajectories, answer)) as n_solutions,
        max_by(n_rounds, (n_solutions, n_trajectories, answer)) as n_rounds,
        count(*) as n_answers,
        sum(n_solutions)::bigint as n_solutions_in_all
    from answers
    group by problem_id
),
final as (
    select
        agreed.problem_id,
        problems.source,
        problems.level,
        problems.split,
        problems.answer as reference_answer,
        agreed.suspected_answer,
        agreed.n_solutions,
        agreed.n_solutions / agreed.n_solutions_in_all as share_of_solutions,
        agreed.n_answers,
        agreed.n_rounds,
        problems.statement
    from agreed
    inner join problems on problems.problem_id = agreed.problem_id
    anti join solved on solved.problem_id = agreed.problem_id
)
select * from final
