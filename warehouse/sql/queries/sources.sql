-- One row per source of problems: its licence, where it was read, and how many of its problems are in each split
with
counted as (
    select
        source,
        count(*) filter (where split = 'train') as n_train,
        count(*) filter (where split = 'validation') as n_validation,
        count(*) filter (where split = 'test') as n_test
    from problems
    group by source
),
read_from as (
    select
        source,
        string_agg(distinct licence, ', ' order by licence) as licence,
        string_agg(distinct uri, ', ' order by uri) as uri,
        sum(n_rows)::bigint as n_rows
    from sources
    group by source
),
final as (
    select counted.source, read_from.licence, read_from.uri, read_from.n_rows, counted.n_train, counted.n_validation, counted.n_test
    from counted
    left join read_from on read_from.source = counted.source
)
select * from final
order by source
