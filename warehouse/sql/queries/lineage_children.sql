-- One row per thing that came of this one: a few of each kind and relation, and how many there are
-- Parameters: $kind: checkpoint, round, batch, tree, trajectory or problem; $id: its id; $limit = 3: at most so many of each kind and relation
-- Internal: stargrove lineage
select
    relation,
    child_kind as kind,
    child_id as id,
    count(*) over (partition by relation, child_kind) as n_alike
from v_lineage
where parent_kind = $kind::varchar and parent_id = $id::varchar
qualify row_number() over (partition by relation, child_kind order by child_id) <= $limit::integer
order by relation, kind, id
