-- What a checkpoint was trained on, exactly: enough to write the same files again, byte for byte.

create table training_files (
    round integer not null, kind varchar not null, query varchar not null, parameters_json varchar not null,
    snapshot_id bigint not null, n_rows bigint not null, sha256 varchar not null
);
comment on table training_files is 'One row per file that a trainer of a round read.';
comment on column training_files.round is 'Round that trained on it.';
comment on column training_files.kind is 'What was trained: policy or ppm.';
comment on column training_files.query is 'Shipped query whose rows it holds.';
comment on column training_files.parameters_json is 'Parameters of the query as JSON.';
comment on column training_files.snapshot_id is 'Snapshot of the lake that it was read from.';
comment on column training_files.n_rows is 'Rows it holds.';
comment on column training_files.sha256 is 'Hash of its bytes.';
