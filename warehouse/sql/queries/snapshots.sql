-- One row per snapshot of the lake, newest first: when it was committed and what it brought; --snapshot N asks the lake as it was then
-- Parameters: $limit = 20: at most so many
select snapshot_id, snapshot_time as committed_at, commit_message as brought
from ducklake_snapshots(current_database())
order by snapshot_id desc
limit $limit::integer
