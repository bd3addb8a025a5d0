-- Which trajectory was right by luck, not only how many were.

alter table verifications add column is_lucky boolean;
comment on column verifications.is_lucky is
'Whether its code fails once the numbers of the problem are changed; null where that was not tried or cannot be told.';
