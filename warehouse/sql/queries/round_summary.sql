-- One row per round: coverage, held-out metrics, training data and seconds by stage
-- Parameters: $split = test: split of the held-out metrics
with
levels as (
    select
        round,
        string_agg(printf('%d: %.0f%%', level, 100 * coverage), '  ' order by level) filter (where level is not null) as coverage_by_level,
        max(n_problems) filter (where is_all_levels) as n_problems,
        max(n_trees) filter (where is_all_levels) as n_trees,
        max(coverage) filter (where is_all_levels) as coverage,
        max(coverage_so_far) filter (where is_all_levels) as coverage_so_far
    from v_coverage
    group by round
),
measured as (
    select round, metric, value
    from evaluations
    where (split = $split::varchar or metric in ('ppm_pair_accuracy', 'lucky_share')) and level is null and benchmark is null
),
-- Of evaluation.ks, the one that is comparable over most rounds; the smallest of several.
shown as (
    select n_samples
    from (select round, try_cast(regexp_extract(metric, '^maj_(\d+)$', 1) as integer) as n_samples from measured)
    where n_samples is not null
    group by n_samples
    order by count(distinct round) desc, n_samples
    limit 1
),
metrics as (
    select
        measured.round,
        any_value(shown.n_samples) as n_samples,
        max(value) filter (where metric = 'greedy_pass_1') as greedy_pass_1,
        max(value) filter (where metric = printf('maj_%d', shown.n_samples)) as maj,
        max(value) filter (where metric = printf('best_of_%d', shown.n_samples)) as best_of,
        max(value) filter (where metric = printf('random_of_%d', shown.n_samples)) as random_of,
        max(value) filter (where metric = 'ppm_pair_accuracy') as ppm_pair_accuracy,
        max(value) filter (where metric = 'lucky_share') as lucky_share
    from measured
    left join shown on true
    group by measured.round
),
examples as (
    select round, count(*) as n_sft_examples from sft_examples group by round
),
pairs as (
    select round, count(*) as n_pairs from preference_pairs group by round
),
seconds as (
    select
        round,
        -- Stages that would be shown as 0 are not.
        string_agg(printf('%s %.0f', stage, wall_seconds), '  ' order by first_committed_at, stage)
        filter (where wall_seconds >= 0.5) as seconds_by_stage,
        sum(wall_seconds) as wall_seconds
    from v_stage_costs
    -- What people measure on top is no stage of the round.
    where wall_seconds > 0 and stage not in ('measure', 'ablate')
    group by round
),
numbers as (
    select round from rounds
    union
    select round from metrics
),
final as (
    select
        numbers.round,
        rounds.status,
        levels.n_problems,
        levels.n_trees,
        levels.coverage_by_level,
        levels.coverage,
        levels.coverage_so_far,
        metrics.greedy_pass_1,
        metrics.n_samples,
        metrics.maj,
        metrics.best_of,
        metrics.random_of,
        examples.n_sft_examples,
        pairs.n_pairs,
        metrics.ppm_pair_accuracy,
        metrics.lucky_share,
        seconds.seconds_by_stage,
        seconds.wall_seconds
    from numbers
    left join rounds on rounds.round = numbers.round
    left join levels on levels.round = numbers.round
    left join metrics on metrics.round = numbers.round
    left join examples on examples.round = numbers.round
    left join pairs on pairs.round = numbers.round
    left join seconds on seconds.round = numbers.round
)
select * from final
order by round
