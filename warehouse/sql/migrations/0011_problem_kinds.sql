-- What a problem asks for: coverage of multiple choice is another figure than coverage of problems with one answer.

alter table problems add column kind varchar;
comment on column problems.kind is
'one_answer, several_answers, several_questions, choice or proof; null where it was ingested before this column.';
