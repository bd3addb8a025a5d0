-- One row per thing that this one came from: a few of each kind and relation, and how many there are
-- Parameters: $kind: checkpoint, round, batch, tree, trajectory or problem; $id: its id; $limit = 3: at most so many of each kind and relation
-- Internal: stargrove lineage
select
    relation,
    parent_kind as kind,
    parent_id as id,
    count(*) over (partition by relation, parent_kind) as n_alike
from v_lineage
where child_kind = $kind::varchar and child_id = $id::varchar
qualify row_number() over (partition by relation, parent_kind order by parent_id) <= $limit::integer
order by relation, kind, id
