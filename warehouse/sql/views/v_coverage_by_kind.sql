-- One row per round, kind and level (null: all kinds, all levels): share of problems with a verified trajectory
with
searched as (
    select round, problem_id, kind, level, n_trees, is_answered, is_solved from v_searched
),
rounds_searched as (
    select distinct round from searched
),
this_round as (
    select
        round,
        kind,
        level,
        grouping(kind) as is_total_of_kinds,
        grouping(level) as is_total,
        count(*) as n_problems,
        sum(n_trees)::bigint as n_trees,
        count(*) filter (where is_solved) as n_solved,
        count(*) filter (where is_answered) as n_answered
    from searched
    group by grouping sets ((round, kind, level), (round, kind), (round, level), (round))
),
so_far as (
    select
        rounds_searched.round,
        searched.kind,
        searched.level,
        grouping(searched.kind) as is_total_of_kinds,
        grouping(searched.level) as is_total,
        count(distinct searched.problem_id) as n_problems,
        count(distinct searched.problem_id) filter (where searched.is_solved) as n_solved
    from rounds_searched
    inner join searched on searched.round <= rounds_searched.round
    anti join v_set_aside
        on v_set_aside.round = rounds_searched.round and v_set_aside.set_aside_round = searched.round
    group by
        grouping sets (
            (rounds_searched.round, searched.kind, searched.level),
            (rounds_searched.round, searched.kind),
            (rounds_searched.round, searched.level),
            (rounds_searched.round)
        )
),
final as (
    select
        this_round.round,
        this_round.kind,
        this_round.is_total_of_kinds = 1 as is_all_kinds,
        this_round.level,
        this_round.is_total = 1 as is_all_levels,
        this_round.n_problems,
        this_round.n_trees,
        this_round.n_answered,
        this_round.n_solved,
        this_round.n_solved / this_round.n_problems as coverage,
        so_far.n_problems as n_problems_so_far,
        so_far.n_solved as n_solved_so_far,
        so_far.n_solved / so_far.n_problems as coverage_so_far
    from this_round
    inner join so_far
        on
            so_far.round = this_round.round
            and so_far.is_total = this_round.is_total
            and so_far.is_total_of_kinds = this_round.is_total_of_kinds
            and so_far.level is not distinct from this_round.level
            and so_far.kind is not distinct from this_round.kind
)
select * from final
