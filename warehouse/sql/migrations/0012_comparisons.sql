-- How the variants of an ablation compare on the same problems; intervals are Wilson's; what graded an answer is named as it is today.

alter table ablations add column against varchar;
comment on column ablations.against is 'The variant that it is compared with on the same problems; null for that variant itself and before this column.';
alter table ablations add column n_better integer;
comment on column ablations.n_better is 'Problems on which it earned more than the variant that it is compared with.';
alter table ablations add column n_worse integer;
comment on column ablations.n_worse is 'Problems on which it earned less.';
comment on column evaluations.low is 'Lower end of the 95 % interval of the value, Wilson''s since 0.2, before by resampling problems; null where it has none.';
comment on column nodes.grading_method is 'Method that reached the verdict, and version of the rules and of the library behind them.';
comment on column evaluation_answers.grading_method is
'Method that reached the verdict, and version of the rules and of the library behind them; null without an answer, which is wrong.';
