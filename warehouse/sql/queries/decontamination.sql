-- One row per source of training problems and source of held-out problems: how many were refused, by which kind of match; sources without any stand with null
with
refused as (
    select
        source,
        regexp_extract(reason, 'test problem \w+ of (.*)$', 1) as test_source,
        case when starts_with(reason, 'contaminated: equals') then 'exact' else 'n-gram' end as match
    from quarantine
    where starts_with(reason, 'contaminated')
),
sources_read as (
    select source, count(*) as n_kept from problems where split <> 'test' group by source
    union
    select source, 0 from refused anti join problems on problems.source = refused.source and problems.split <> 'test'
),
final as (
    select
        sources_read.source,
        refused.test_source,
        count(refused.match) as n_refused,
        count(refused.match) filter (where refused.match = 'exact') as n_exact,
        count(refused.match) filter (where refused.match = 'n-gram') as n_by_n_gram,
        any_value(sources_read.n_kept) as n_kept
    from sources_read
    left join refused on refused.source = sources_read.source
    group by sources_read.source, refused.test_source
)
select * from final
order by source, n_refused desc, test_source
