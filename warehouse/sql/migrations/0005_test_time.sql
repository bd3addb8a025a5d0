-- Answers with their text and their steps' scores, what each problem earned, and intervals beside the means.

alter table evaluation_answers add column answer_group integer;
comment on column evaluation_answers.answer_group is 'Number of the group of equal answers among those of its method to the problem; null without an answer.';
alter table evaluation_answers add column n_steps integer;
comment on column evaluation_answers.n_steps is 'Steps of the trajectory.';
alter table evaluation_answers add column step_scores double[];
comment on column evaluation_answers.step_scores is 'PPM score of each step, in (-1, 1), the step with the answer last; empty where none was scored.';
alter table evaluation_answers add column text varchar;
comment on column evaluation_answers.text is 'The trajectory: what the policy wrote after the prompt, and what was observed.';
comment on column evaluation_answers.method is 'greedy, sample, beam or mcts.';
comment on column evaluation_answers.ppm_score is 'PPM score of the whole trajectory in (-1, 1): its steps by evaluation.aggregation.';
comment on column evaluation_answers.k_index is 'Number of the answer among those of its method, from 0; of beam and mcts the one that the PPM prefers is 0.';

create table problem_metrics (
    policy_id varchar not null, ppm_id varchar, split varchar not null, problem_id varchar not null, method varchar not null,
    metric varchar not null, value double not null, n_tokens double not null, batch_id varchar not null, round integer not null
);
comment on table problem_metrics is 'One row per problem and metric of an evaluation: what the problem earned, of which the metrics are means.';
comment on column problem_metrics.policy_id is 'Policy that answered.';
comment on column problem_metrics.ppm_id is 'PPM that scored; null where none did.';
comment on column problem_metrics.split is 'Split of the problem.';
comment on column problem_metrics.problem_id is 'Problem that was answered.';
comment on column problem_metrics.method is 'greedy, sample, beam or mcts.';
comment on column problem_metrics.metric is 'greedy_pass_1, maj_8, weighted_maj_8, best_of_8, pass_8, beam_best, mcts_best, ...';
comment on column problem_metrics.value is 'Share that the problem earned, in [0, 1].';
comment on column problem_metrics.n_tokens is 'Tokens that such an answer takes; those of discarded steps and samples are included.';
comment on column problem_metrics.batch_id is 'Batch that wrote the row.';
comment on column problem_metrics.round is 'Round that trained the checkpoints; 0 for the base.';

alter table evaluations add column low double;
comment on column evaluations.low is 'Lower end of the 95 % interval of the value, by resampling problems; null where it has none.';
alter table evaluations add column high double;
comment on column evaluations.high is 'Upper end of the 95 % interval of the value; null where it has none.';
alter table evaluations add column tokens_per_problem double;
comment on column evaluations.tokens_per_problem is 'Mean tokens that such an answer takes; null where nothing was generated.';

create table benchmark_problems (
    benchmark varchar not null, problem_id varchar not null, batch_id varchar not null, round integer not null
);
comment on table benchmark_problems is 'One row per problem of a benchmark file; a problem may be in several.';
comment on column benchmark_problems.benchmark is 'Name of the benchmark: its file without the ending.';
comment on column benchmark_problems.problem_id is 'Problem in it.';
comment on column benchmark_problems.batch_id is 'Batch that wrote the row.';
comment on column benchmark_problems.round is 'Round of that batch, 0.';

create table ablations (
    question varchar not null, variant varchar not null, metric varchar not null, value double not null, low double, high double,
    n_problems bigint not null, tokens_per_problem double, problems varchar not null, policy_id varchar not null, ppm_id varchar,
    batch_id varchar not null, round integer not null
);
comment on table ablations is 'One row per variant and metric of an ablation: what one choice of the recipe is worth.';
comment on column ablations.question is 'What the variants differ in: sft-data, ppm-loss or q-source.';
comment on column ablations.variant is 'The choice.';
comment on column ablations.metric is 'As in evaluations; for q-source coverage and correct_rollouts of a search in training problems.';
comment on column ablations.value is 'Value of the metric, in [0, 1].';
comment on column ablations.low is 'Lower end of its 95 % interval.';
comment on column ablations.high is 'Upper end of its 95 % interval.';
comment on column ablations.n_problems is 'Problems it is a mean over.';
comment on column ablations.tokens_per_problem is 'Mean tokens per problem.';
comment on column ablations.problems is 'Problems that were answered, as `stargrove evaluate` names them.';
comment on column ablations.policy_id is 'Policy that answered.';
comment on column ablations.ppm_id is 'PPM that scored; null where none did.';
comment on column ablations.batch_id is 'Batch that wrote the row.';
comment on column ablations.round is 'Round whose trees were trained on, or whose checkpoints searched.';

comment on column checkpoints.status is 'candidate, current, retired, rejected, or ablation where no round trained it.';
