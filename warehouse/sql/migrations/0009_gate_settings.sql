-- Which thresholds a gate was run with, so that the rows which broke them can be shown later.

alter table gate_results add column settings_json varchar;
comment on column gate_results.settings_json is
'Section [gates] of the settings that the gate was run with, as JSON; null in rows of earlier versions.';
