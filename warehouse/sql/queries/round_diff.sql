-- One row per fact that two rounds can be compared by: its value in each, and how far it moved
-- Parameters: $before: the one round; $after: the other round
with
before as (
    select section, what, text_value, number from v_round_facts where round = $before::integer
),
after as (
    select section, what, text_value, number from v_round_facts where round = $after::integer
),
solved as (
    select
        problem_id,
        coalesce(bool_or(is_solved) filter (where round = $before::integer), false) as in_before,
        coalesce(bool_or(is_solved) filter (where round = $after::integer), false) as in_after
    from v_searched
    where round in ($before::integer, $after::integer)
    group by problem_id
),
examples as (
    select
        trajectory_id,
        bool_or(round = $before::integer) as in_before,
        bool_or(round = $after::integer) as in_after
    from sft_examples
    where round in ($before::integer, $after::integer)
    group by trajectory_id
),
-- What lies in one round only, or in both: the old stand under before, the new under after.
sets as (
    select 'problems' as section, in_before, in_after from solved
    union all
    select 'SFT examples', in_before, in_after from examples
),
kept_or_not as (
    select section, 'in both' as what, count(*) filter (where in_before and in_after)::double as old, old as new from sets group by section
    union all
    select section, 'only in one', count(*) filter (where in_before and not in_after)::double, count(*) filter (where in_after and not in_before)::double
    from sets
    group by section
    union all
    select section, 'in neither', count(*) filter (where not in_before and not in_after)::double, count(*) filter (where not in_before and not in_after)::double
    from sets
    where section = 'problems'
    group by section
),
facts as (
    select
        coalesce(before.section, after.section) as section,
        coalesce(before.what, after.what) as what,
        before.text_value as before_text,
        after.text_value as after_text,
        before.number as before_number,
        after.number as after_number
    from before
    full join after on after.section = before.section and after.what = before.what
    union all
    select 'solved ' || section, what, null, null, old, new from kept_or_not where section = 'problems'
    union all
    select section, what, null, null, old, new from kept_or_not where section <> 'problems'
),
-- Stages stand in the order in which the later round committed them.
places as (
    select stage, row_number() over (order by first_committed_at, stage) as place from v_stage_costs where round = $after::integer
),
-- Problem by problem, where both rounds measured the same ones.
paired as (
    select
        case after_shares.metric when 'coverage' then 'coverage' else 'accuracy' end as section,
        case after_shares.metric when 'coverage' then 'all levels' else after_shares.split || ' ' || after_shares.metric end as what,
        count(*) filter (where after_shares.value > before_shares.value) as n_better,
        count(*) filter (where after_shares.value < before_shares.value) as n_worse
    from v_round_shares as after_shares
    inner join v_round_shares as before_shares
        on
            before_shares.round = $before::integer
            and before_shares.split = after_shares.split
            and before_shares.metric = after_shares.metric
            and before_shares.problem_id = after_shares.problem_id
    where after_shares.round = $after::integer
    group by after_shares.split, after_shares.metric
),
final as (
    select
        facts.section,
        facts.what,
        coalesce(before_text, before_number::varchar) as before,
        coalesce(after_text, after_number::varchar) as after,
        after_number - before_number as change,
        coalesce(before_text, before_number::varchar) is distinct from coalesce(after_text, after_number::varchar) as is_changed,
        paired.n_better,
        paired.n_worse,
        places.place
    from facts
    left join paired on paired.section = facts.section and paired.what = facts.what
    left join places
        on
            (facts.section in ('seconds', 'tokens') and places.stage = facts.what)
            or (facts.section = 'gates' and concat('gate-', split_part(facts.what, ' ', 1)) = places.stage)
)
select section, what, before, after, change, is_changed, n_better, n_worse from final
order by
    list_position(
        ['round', 'coverage', 'solved problems', 'accuracy', 'search', 'training data', 'SFT examples', 'calibration', 'gates', 'seconds', 'tokens'],
        section
    ),
    place nulls last,
    what
