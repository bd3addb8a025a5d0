-- One row per round that was begun: its status, when it began and ended, and which stage was committed last
select
    rounds.round,
    rounds.status,
    rounds.started_at,
    rounds.finished_at,
    max_by(batches.stage, batches.committed_at) as last_stage,
    max(batches.committed_at) as last_committed_at
from rounds
left join batches on batches.round = rounds.round and batches.stage not in ('measure', 'ablate')
group by rounds.round, rounds.status, rounds.started_at, rounds.finished_at
order by rounds.round
