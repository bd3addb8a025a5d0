-- One row per round and earlier round that it does not build on, because that one was superseded when it began
select round, unnest(set_aside) as set_aside_round from rounds
