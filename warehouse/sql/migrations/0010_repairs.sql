-- What had to be mended in the text of a model that was prompted, because nothing had taught it the step format yet.

alter table nodes add column repairs varchar[];
comment on column nodes.repairs is
'What was mended in a prompted policy''s text: marker, cut, fence, prose, split, run_on, answer; null before this column.';
alter table evaluation_answers add column repairs varchar[];
comment on column evaluation_answers.repairs is 'As nodes.repairs, for a whole solution.';
