-- A person may decide about a promotion, and make an earlier round current again: then the rounds after it are superseded, and a
-- round says which earlier ones it does not build on.

alter table rounds add column set_aside integer[];
comment on column rounds.set_aside is
'Earlier rounds that it does not build on, because they were superseded when it began; null or empty where it builds on all.';
comment on column rounds.status is
'running, held until a person decides, promoted, rejected by a gate or a person, failed, or superseded: an earlier round was made current again.';
comment on column rounds.finished_at is 'When it was promoted, rejected or failed, or superseded before any of these.';

create table promotion_decisions (
    round integer not null, decision varchar not null, reason varchar not null, decided_by varchar not null,
    code_version varchar not null, status_before varchar, broken_rules varchar[] not null, superseded integer[] not null,
    policy_id varchar, ppm_id varchar, decided_at timestamptz not null
);
comment on table promotion_decisions is 'One row per decision of a person about a round: to promote it, to reject it, or to go back to it.';
comment on column promotion_decisions.round is 'Round that was decided about; 0 is the base.';
comment on column promotion_decisions.decision is
'promoted, overridden (promoted although it was refused), rejected, or made_current (an earlier round, current again).';
comment on column promotion_decisions.reason is 'Why, in the words of the person.';
comment on column promotion_decisions.decided_by is 'Who: user@machine.';
comment on column promotion_decisions.code_version is 'Version of the code that recorded it.';
comment on column promotion_decisions.status_before is 'Status of the round before the decision; null for the base.';
comment on column promotion_decisions.broken_rules is 'Expectations of the promotion gate that did not hold, with what was observed and needed.';
comment on column promotion_decisions.superseded is 'Rounds that were superseded by the decision.';
comment on column promotion_decisions.policy_id is 'Policy that was current from then on; null where none was.';
comment on column promotion_decisions.ppm_id is 'PPM that was current from then on; null where none was.';
comment on column promotion_decisions.decided_at is 'When it was decided.';
