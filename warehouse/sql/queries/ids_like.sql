-- One row per tree or problem whose id begins with the given characters, then the ids that come closest to them
-- Parameters: $kind: tree or problem; $id: the beginning of an id; $limit = 4: at most so many
-- Internal: stargrove tree and stargrove problem
with
ids as (
    select tree_id as id from nodes where $kind::varchar = 'tree' and parent_id is null
    union all
    select problem_id from problems where $kind::varchar = 'problem'
),
final as (
    -- As many characters as were given: whoever typed half an id is compared with halves.
    select id, starts_with(id, $id::varchar) as is_beginning, levenshtein(id[:length($id::varchar)], $id::varchar) as n_edits
    from ids
)
select * from final
order by id <> $id::varchar, not is_beginning, n_edits, id
limit $limit::integer
