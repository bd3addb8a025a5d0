-- The tables of the first release. Times are in UTC.

create table problems (
    problem_id varchar not null, statement varchar not null, answer varchar not null, source varchar not null,
    level integer, split varchar not null, batch_id varchar not null, round integer not null
);
comment on table problems is 'One row per problem: a statement with its reference answer.';
comment on column problems.problem_id is 'Content hash of the statement.';
comment on column problems.statement is 'The problem as the policy reads it.';
comment on column problems.answer is 'Reference answer; graded against, never shown to the policy.';
comment on column problems.source is 'File, data set or generator it came from.';
comment on column problems.level is 'Difficulty as its source states it, from 1; null where unknown.';
comment on column problems.split is 'train is searched, validation decides promotions, test is measured and decides nothing.';
comment on column problems.batch_id is 'Batch that wrote the row.';
comment on column problems.round is 'Round of that batch; 0 is before the first round.';

create table quarantine (
    source varchar not null, line_number bigint not null, reason varchar not null, raw varchar not null,
    batch_id varchar not null, round integer not null
);
comment on table quarantine is 'One row per input row that could not become a problem.';
comment on column quarantine.source is 'File it stands in.';
comment on column quarantine.line_number is 'Line or row number in that file, from 1.';
comment on column quarantine.reason is 'What is wrong with it.';
comment on column quarantine.raw is 'The row as it was read, capped.';
comment on column quarantine.batch_id is 'Batch that wrote the row.';
comment on column quarantine.round is 'Round of that batch; 0 is before the first round.';

create table rounds (
    round integer not null, status varchar not null, fingerprint varchar not null, settings_json varchar not null,
    code_version varchar not null, policy_id varchar not null, ppm_id varchar, candidate_policy_id varchar,
    candidate_ppm_id varchar, snapshot_id bigint, flow_run_id varchar, started_at timestamptz not null,
    finished_at timestamptz
);
comment on table rounds is 'One row per round of self-evolution.';
comment on column rounds.round is 'Number of the round, from 1.';
comment on column rounds.status is 'running, promoted, rejected by a gate, or failed.';
comment on column rounds.fingerprint is 'Hash of every setting that decides data.';
comment on column rounds.settings_json is 'The settings of the round as JSON.';
comment on column rounds.code_version is 'Version of the code that ran the round.';
comment on column rounds.policy_id is 'Checkpoint of the policy that searched.';
comment on column rounds.ppm_id is 'Checkpoint of the PPM that searched; null where none did.';
comment on column rounds.candidate_policy_id is 'Checkpoint of the policy that the round trained.';
comment on column rounds.candidate_ppm_id is 'Checkpoint of the PPM that the round trained.';
comment on column rounds.snapshot_id is 'Snapshot of the lake that the trainers read; pinned, so maintenance keeps it.';
comment on column rounds.flow_run_id is 'Prefect flow run that last worked on the round.';
comment on column rounds.started_at is 'When the round was first started.';
comment on column rounds.finished_at is 'When it was promoted, rejected or failed.';

create table batches (
    batch_id varchar not null, round integer not null, stage varchar not null, shard varchar not null,
    fingerprint varchar not null, n_rows bigint not null, code_version varchar not null, flow_run_id varchar,
    task_run_id varchar, sandbox_level varchar, n_tokens bigint not null, engine_seconds double not null,
    sandbox_seconds double not null, wall_seconds double not null, committed_at timestamptz not null
);
comment on table batches is 'One row per committed batch: the ledger. The row and the rows it counts were committed together.';
comment on column batches.batch_id is 'Hash of round, stage, shard and fingerprint: a retry has the same id and replaces its rows.';
comment on column batches.round is 'Round the batch belongs to; 0 is before the first round.';
comment on column batches.stage is 'Stage of the round that wrote it: ingest, rollout, verify, annotate, evaluate, ...';
comment on column batches.shard is 'Share of the stage that one task run handles.';
comment on column batches.fingerprint is 'Hash of every setting that decides data.';
comment on column batches.n_rows is 'Rows of all tables that the batch wrote.';
comment on column batches.code_version is 'Version of the code that wrote it.';
comment on column batches.flow_run_id is 'Prefect flow run that wrote it.';
comment on column batches.task_run_id is 'Prefect task run that wrote it.';
comment on column batches.sandbox_level is 'Isolation under which step code ran.';
comment on column batches.n_tokens is 'Tokens generated.';
comment on column batches.engine_seconds is 'Seconds in which the engine was busy.';
comment on column batches.sandbox_seconds is 'Seconds of step code, summed over processes.';
comment on column batches.wall_seconds is 'Seconds from start to commit.';
comment on column batches.committed_at is 'When it was committed.';

create table nodes (
    tree_id varchar not null, problem_id varchar not null, node_id integer not null, parent_id integer,
    depth integer not null, text varchar not null, n_tokens integer not null, n_merged integer not null,
    outcome varchar not null, stdout varchar not null, error varchar, ending varchar, answer varchar, verdict varchar,
    grading_method varchar, n_visits integer not null, n_correct integer not null, n_wrong integer not null,
    ppm_score double, q_value double, batch_id varchar not null, round integer not null
);
alter table nodes set partitioned by (round);
comment on table nodes is 'One row per node of a search tree: a step in its place, with what came of it.';
comment on column nodes.tree_id is 'Search tree: one problem, one seed, one round.';
comment on column nodes.problem_id is 'Problem of the tree.';
comment on column nodes.node_id is 'Number of the node in order of creation within its tree; the root is 0.';
comment on column nodes.parent_id is 'node_id of the parent; null at the root.';
comment on column nodes.depth is 'Steps from the root.';
comment on column nodes.text is 'What the node adds to the prefix: the prompt at the root, else a step with what was observed.';
comment on column nodes.n_tokens is 'Tokens that the policy generated for the text.';
comment on column nodes.n_merged is 'Identical candidates that the node stands for.';
comment on column nodes.outcome is 'What became of the code: ok, error, timeout, out_of_memory, killed or not_run.';
comment on column nodes.stdout is 'What the code of the step printed, capped.';
comment on column nodes.error is 'Exception of the code, where it raised one.';
comment on column nodes.ending is 'Why the node is terminal; null where it is not.';
comment on column nodes.answer is 'Answer read from a final step.';
comment on column nodes.verdict is 'correct, wrong or unknown, for a node with an answer.';
comment on column nodes.grading_method is 'How the verdict was reached.';
comment on column nodes.n_visits is 'Rollouts that went through the node.';
comment on column nodes.n_correct is 'Of these, rollouts that ended correct (reward +1).';
comment on column nodes.n_wrong is 'Of these, rollouts that ended wrong (reward -1).';
comment on column nodes.ppm_score is 'Score of the prefix that ends here by the PPM that searched, in (-1, 1).';
comment on column nodes.q_value is 'Q-value in [-1, 1]; null while nothing is known.';
comment on column nodes.batch_id is 'Batch that wrote the row.';
comment on column nodes.round is 'Round that searched the tree.';

create table trajectories (
    trajectory_id varchar not null, tree_id varchar not null, problem_id varchar not null, leaf_node_id integer not null,
    node_ids integer[] not null, n_steps integer not null, answer varchar, verdict varchar, mean_q double not null,
    ppm_score double, text_hash varchar not null, batch_id varchar not null, round integer not null
);
alter table trajectories set partitioned by (round);
comment on table trajectories is 'One row per root-to-terminal sequence of steps that ends in an answer.';
comment on column trajectories.trajectory_id is 'tree_id, a hyphen, and the node_id of the terminal node.';
comment on column trajectories.tree_id is 'Search tree it belongs to.';
comment on column trajectories.problem_id is 'Problem of the tree.';
comment on column trajectories.leaf_node_id is 'node_id of the terminal node.';
comment on column trajectories.node_ids is 'node_id of every node from the root to the terminal node.';
comment on column trajectories.n_steps is 'Nodes without the root.';
comment on column trajectories.answer is 'Answer of the terminal node.';
comment on column trajectories.verdict is 'Verdict on the answer when the tree was searched: correct, wrong or unknown.';
comment on column trajectories.mean_q is 'Mean Q-value of its steps, in [-1, 1].';
comment on column trajectories.ppm_score is 'PPM score of the terminal node by the PPM that searched, in (-1, 1).';
comment on column trajectories.text_hash is 'md5 of the solution text; equal for equal solutions of one problem.';
comment on column trajectories.batch_id is 'Batch that wrote the row.';
comment on column trajectories.round is 'Round that searched the tree.';

create table verifications (
    trajectory_id varchar not null, problem_id varchar not null, verification varchar not null, detail varchar,
    batch_id varchar not null, round integer not null
);
comment on table verifications is 'One row per trajectory that was executed again, whole, in a fresh sandbox.';
comment on column verifications.trajectory_id is 'Trajectory that was executed again.';
comment on column verifications.problem_id is 'Problem of the trajectory.';
comment on column verifications.verification is 'verified, replay_differs or regraded_differs.';
comment on column verifications.detail is 'What differed; null where nothing did.';
comment on column verifications.batch_id is 'Batch that wrote the row.';
comment on column verifications.round is 'Round that verified it.';

create table sft_examples (
    problem_id varchar not null, trajectory_id varchar not null, trajectory_round integer not null, rank integer not null,
    mean_q double not null, batch_id varchar not null, round integer not null
);
comment on table sft_examples is 'One row per trajectory that trains the policy of a round.';
comment on column sft_examples.problem_id is 'Problem of the trajectory.';
comment on column sft_examples.trajectory_id is 'Trajectory to train on.';
comment on column sft_examples.trajectory_round is 'Round that searched the trajectory.';
comment on column sft_examples.rank is 'Place among the examples of its problem, from 1, by mean Q-value.';
comment on column sft_examples.mean_q is 'Mean Q-value of the trajectory.';
comment on column sft_examples.batch_id is 'Batch that wrote the row.';
comment on column sft_examples.round is 'Round that trains on it.';

create table preference_pairs (
    problem_id varchar not null, kind varchar not null, chosen_tree_id varchar not null, chosen_node_id integer not null,
    rejected_tree_id varchar not null, rejected_node_id integer not null, prefix_node_id integer not null,
    chosen_q double not null, rejected_q double not null, weight double not null,
    batch_id varchar not null, round integer not null
);
alter table preference_pairs set partitioned by (round);
comment on table preference_pairs is 'One row per preference pair: two nodes of which the first should score higher.';
comment on column preference_pairs.problem_id is 'Problem of both nodes.';
comment on column preference_pairs.kind is 'step: siblings in one tree; answer: the terminal nodes of two trajectories.';
comment on column preference_pairs.chosen_tree_id is 'Search tree of the chosen node.';
comment on column preference_pairs.chosen_node_id is 'node_id of the chosen node.';
comment on column preference_pairs.rejected_tree_id is 'Search tree of the rejected node.';
comment on column preference_pairs.rejected_node_id is 'node_id of the rejected node.';
comment on column preference_pairs.prefix_node_id is 'node_id of the last node of the common prefix: the parent, or the root for answers.';
comment on column preference_pairs.chosen_q is 'Q-value of the chosen node; for answers the mean Q-value of its trajectory.';
comment on column preference_pairs.rejected_q is 'Q-value of the rejected node; for answers the mean Q-value of its trajectory.';
comment on column preference_pairs.weight is '1 / (n chosen * n rejected) of its prefix.';
comment on column preference_pairs.batch_id is 'Batch that wrote the row.';
comment on column preference_pairs.round is 'Round that searched the trees.';

create table checkpoints (
    checkpoint_id varchar not null, kind varchar not null, round integer not null, parent_id varchar, snapshot_id bigint,
    fingerprint varchar not null, uri varchar not null, status varchar not null, metrics_json varchar not null,
    created_at timestamptz not null
);
comment on table checkpoints is 'One row per published checkpoint.';
comment on column checkpoints.checkpoint_id is 'Content hash of the weights and their manifest.';
comment on column checkpoints.kind is 'base, policy or ppm.';
comment on column checkpoints.round is 'Round that trained it; 0 for a base.';
comment on column checkpoints.parent_id is 'Checkpoint it was started from; null for a base.';
comment on column checkpoints.snapshot_id is 'Snapshot of the lake it was trained on; pinned.';
comment on column checkpoints.fingerprint is 'Hash of every setting that decides data.';
comment on column checkpoints.uri is 'Directory of the weights.';
comment on column checkpoints.status is 'candidate, current, retired or rejected.';
comment on column checkpoints.metrics_json is 'Last metrics of its training as JSON.';
comment on column checkpoints.created_at is 'When it was recorded.';

create table evaluations (
    policy_id varchar not null, ppm_id varchar, split varchar not null, metric varchar not null, level integer,
    value double not null, n_problems bigint not null, batch_id varchar not null, round integer not null
);
comment on table evaluations is 'One row per metric of one pair of checkpoints on one split and level.';
comment on column evaluations.policy_id is 'Policy that answered.';
comment on column evaluations.ppm_id is 'PPM that scored; null where none did.';
comment on column evaluations.split is 'Split of the problems: validation or test.';
comment on column evaluations.metric is 'greedy_pass_1, maj_8, best_of_8, random_of_8, pass_8, ppm_pair_accuracy, lucky_share, ...';
comment on column evaluations.level is 'Level of the problems; null means all levels.';
comment on column evaluations.value is 'Value of the metric; shares are in [0, 1].';
comment on column evaluations.n_problems is 'Problems (for pair accuracy: pairs) it is a mean over.';
comment on column evaluations.batch_id is 'Batch that wrote the row.';
comment on column evaluations.round is 'Round that trained the checkpoints; 0 for the base.';

create table evaluation_answers (
    policy_id varchar not null, ppm_id varchar, split varchar not null, problem_id varchar not null,
    method varchar not null, k_index integer not null, answer varchar, verdict varchar not null, ppm_score double,
    n_tokens integer not null, batch_id varchar not null, round integer not null
);
comment on table evaluation_answers is 'One row per answer to one problem of an evaluation.';
comment on column evaluation_answers.policy_id is 'Policy that answered.';
comment on column evaluation_answers.ppm_id is 'PPM that scored; null where none did.';
comment on column evaluation_answers.split is 'Split of the problem.';
comment on column evaluation_answers.problem_id is 'Problem that was answered.';
comment on column evaluation_answers.method is 'greedy, sample or mcts.';
comment on column evaluation_answers.k_index is 'Number of the answer among those of its method, from 0.';
comment on column evaluation_answers.answer is 'The answer; null where none was given.';
comment on column evaluation_answers.verdict is 'correct, wrong or unknown.';
comment on column evaluation_answers.ppm_score is 'PPM score of the whole trajectory, in (-1, 1).';
comment on column evaluation_answers.n_tokens is 'Tokens generated.';
comment on column evaluation_answers.batch_id is 'Batch that wrote the row.';
comment on column evaluation_answers.round is 'Round that trained the checkpoints; 0 for the base.';

create table training_metrics (
    kind varchar not null, optimizer_step bigint not null, metric varchar not null, value double not null,
    batch_id varchar not null, round integer not null
);
comment on table training_metrics is 'One row per value that a trainer reported.';
comment on column training_metrics.kind is 'What was trained: policy or ppm.';
comment on column training_metrics.optimizer_step is 'Optimizer steps done.';
comment on column training_metrics.metric is 'Name of the value: loss, learning_rate, eval_accuracy, ...';
comment on column training_metrics.value is 'The value.';
comment on column training_metrics.batch_id is 'Batch that wrote the row.';
comment on column training_metrics.round is 'Round that trained.';

create table gate_results (
    gate varchar not null, expectation varchar not null, table_name varchar not null, column_name varchar not null,
    observed varchar not null, needed varchar not null, passed boolean not null, n_failing bigint not null,
    hint varchar not null, override_reason varchar, batch_id varchar not null, round integer not null
);
comment on table gate_results is 'One row per expectation of a gate.';
comment on column gate_results.gate is 'ingest, training-data or promotion.';
comment on column gate_results.expectation is 'What was expected.';
comment on column gate_results.table_name is 'Table it is about.';
comment on column gate_results.column_name is 'Column or figure it is about.';
comment on column gate_results.observed is 'What was observed.';
comment on column gate_results.needed is 'What was needed.';
comment on column gate_results.passed is 'Whether it held.';
comment on column gate_results.n_failing is 'Rows that broke it.';
comment on column gate_results.hint is 'Command that shows the rows that broke it.';
comment on column gate_results.override_reason is 'Why a person let a failed gate pass; null where nobody did.';
comment on column gate_results.batch_id is 'Batch that wrote the row.';
comment on column gate_results.round is 'Round that was gated; 0 is before the first round.';
