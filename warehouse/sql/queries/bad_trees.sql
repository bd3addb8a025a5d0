-- One row per search tree that is not whole: nodes missing or repeated, or not exactly one root
-- Parameters: $round: which round
with trees as (
    select
        tree_id,
        min(problem_id) as problem_id,
        count(distinct problem_id) as n_problems,
        count(*) filter (where node_id = 0 and parent_id is null) as n_roots,
        count(*) as n_rows,
        count(*) - count(distinct node_id) as n_repeated_nodes,
        max(node_id) + 1 - count(distinct node_id) as n_missing_nodes
    from nodes
    where round = $round
    group by tree_id
),

final as (
    select *
    from trees
    where n_problems <> 1 or n_roots <> 1 or n_repeated_nodes <> 0 or n_missing_nodes <> 0
    order by tree_id
)

select * from final
