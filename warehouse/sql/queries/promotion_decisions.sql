-- One row per decision of a person about a round, newest first: what was decided, by whom and why, and what was current from then on
-- Parameters: $round = null: only about this round
select
    round, decision, decided_by, decided_at::timestamp as decided_at, reason, status_before, broken_rules, superseded, policy_id, ppm_id
from promotion_decisions
where $round::integer is null or round = $round::integer
order by decided_at desc, round
