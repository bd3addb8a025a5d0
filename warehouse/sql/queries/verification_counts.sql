-- One row per round asked for, which is one: its trajectories, what became of those executed again, and the share of lucky code
-- Parameters: $round: round that searched
select
    (select count(*) from trajectories where round = $round::integer) as n_trajectories,
    count(*) filter (where verification = 'verified') as n_verified,
    count(*) filter (where verification <> 'verified') as n_differing,
    avg(is_lucky::integer) as lucky_share,
    count(is_lucky) as n_tried
from verifications
where round = $round::integer
