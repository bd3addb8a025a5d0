-- Metrics on a single benchmark stand beside those on the whole test split.

alter table evaluations add column benchmark varchar;
comment on column evaluations.benchmark is 'Source of the problems that were measured alone; null means the whole split.';
