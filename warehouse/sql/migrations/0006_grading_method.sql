-- How each answer of an evaluation was graded stands beside its verdict, as it does in trees.

alter table evaluation_answers add column grading_method varchar;
comment on column evaluation_answers.grading_method is
'Method that reached the verdict, and version of the rules and of math-verify; null without an answer, which is wrong.';
comment on column nodes.grading_method is 'Method that reached the verdict, and version of the rules and of math-verify.';
