-- One row per round and kind of failure of step code (outcome, exception, message with its names and numbers left out): how often, and one example
with
failures as (
    select
        round,
        problem_id,
        tree_id,
        node_id,
        depth,
        n_visits,
        outcome,
        coalesce(nullif(regexp_extract(error, '^\s*([A-Za-z_][\w.]*)', 1), ''), outcome) as exception,
        regexp_replace(
            regexp_replace(
                regexp_replace(coalesce(regexp_extract(error, '^[^\n]*'), ''), '^\s*[A-Za-z_][\w.]*:?\s*', ''),
                '''[^'']*''|"[^"]*"', '''...''', 'g'
            ),
            '\d+', 'N', 'g'
        ) as message,
        error
    from nodes
    where outcome not in ('ok', 'not_run')
),
steps as (
    select round, count(*) as n_steps from nodes where outcome <> 'not_run' group by round
),
final as (
    select
        failures.round,
        failures.outcome,
        failures.exception,
        failures.message,
        count(*) as n_nodes,
        count(*) / any_value(steps.n_steps) as share_of_steps,
        count(distinct failures.problem_id) as n_problems,
        avg(failures.depth) as mean_depth,
        min_by(failures.tree_id, (failures.tree_id, failures.node_id)) as example_tree_id,
        min_by(failures.node_id, (failures.tree_id, failures.node_id)) as example_node_id,
        min_by(failures.error, (failures.tree_id, failures.node_id)) as example_error
    from failures
    inner join steps on steps.round = failures.round
    group by failures.round, failures.outcome, failures.exception, failures.message
)
select * from final
