-- One row per kind of thing that this one came from, directly or through others: how many, how far away, and one of them
-- Parameters: $kind: checkpoint, round, batch, tree, trajectory or problem; $id: its id; $max_steps = 6: how far to walk
with recursive
edges as materialized (
    select child_kind, child_id, parent_kind, parent_id from v_lineage
),
reached as (
    select $kind::varchar as kind, $id::varchar as id, 0 as n_steps
    union
    select edges.parent_kind, edges.parent_id, reached.n_steps + 1
    from reached
    inner join edges on edges.child_kind = reached.kind and edges.child_id = reached.id
    where reached.n_steps < $max_steps::integer
),
nearest as (
    select kind, id, min(n_steps) as n_steps from reached group by kind, id
),
final as (
    select kind, count(*) as n_things, min(n_steps) as n_steps, min_by(id, (n_steps, id)) as example_id
    from nearest
    where n_steps > 0
    group by kind
)
select * from final
order by n_steps, kind
