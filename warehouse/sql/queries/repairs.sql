-- One row per kind of repair to a prompted model's text, round and place: steps of trees, held-out answers by method
-- Parameters: $round = null: only this round
with steps as (
    select round, 'tree' as place, repairs, coalesce(verdict = 'correct', false) as is_right from nodes where parent_id is not null
),

answers as (
    select round, method as place, repairs, verdict = 'correct' as is_right from evaluation_answers
),

texts as (
    select round, place, coalesce(repairs, []) as repairs, is_right from steps
    union all
    select round, place, coalesce(repairs, []) as repairs, is_right from answers
),

totals as (
    select round, place, count(*) as n_texts from texts group by all
),

mended as (
    select round, place, unnest(repairs) as repair, is_right from texts
),

final as (
    select
        mended.round,
        mended.place,
        mended.repair,
        count(*) as n_mended,
        count(*) / any_value(totals.n_texts) as share_of_texts,
        count(*) filter (where mended.is_right) as n_right
    from mended
    inner join totals on totals.round = mended.round and totals.place = mended.place
    group by all
)

select * from final
where $round::integer is null or round = $round::integer
order by round, place, n_mended desc, repair
