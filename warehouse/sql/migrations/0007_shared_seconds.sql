-- What the seconds of a batch are where several shards are searched together.

comment on column batches.wall_seconds is
'Seconds of the work. Shards that are searched together share theirs out between them: only their sum says how long it took.';
comment on column batches.engine_seconds is 'Those of them in which the search was with the engine.';
