-- A policy that goes on with something else than its answer is asked once more, with the beginning of the answer given.

comment on column nodes.repairs is
'What was mended in a policy''s text: marker, cut, fence, prose, split, run_on, answer, of one that was prompted; opening, of any: the answer''s beginning was given. Null before this column.';
