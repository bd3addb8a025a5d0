-- Stored answers, graded again by later rules: what changed stands beside the verdicts that were, which never change.

create table regraded_verdicts (
    answered_in varchar not null, problem_id varchar not null, tree_id varchar, node_id integer, policy_id varchar, ppm_id varchar,
    method varchar, k_index integer, answer varchar not null, reference_answer varchar not null, old_verdict varchar not null,
    old_grading_method varchar, verdict varchar not null, grading_method varchar not null, answer_batch_id varchar not null,
    batch_id varchar not null, round integer not null
);
comment on table regraded_verdicts is 'One row per stored answer that later rules grade otherwise; the row that it is about keeps its verdict.';
comment on column regraded_verdicts.answered_in is 'tree: the answer of a node; evaluation: an answer to a held-out problem.';
comment on column regraded_verdicts.problem_id is 'Problem that was answered.';
comment on column regraded_verdicts.tree_id is 'Search tree of the node; null for answers of an evaluation.';
comment on column regraded_verdicts.node_id is 'node_id of the node; null for answers of an evaluation.';
comment on column regraded_verdicts.policy_id is 'Policy that answered; null for nodes.';
comment on column regraded_verdicts.ppm_id is 'PPM that scored; null for nodes, and where none did.';
comment on column regraded_verdicts.method is 'greedy, sample, beam or mcts; null for nodes.';
comment on column regraded_verdicts.k_index is 'Number of the answer among those of its method, from 0; null for nodes.';
comment on column regraded_verdicts.answer is 'The answer.';
comment on column regraded_verdicts.reference_answer is 'What it was compared with.';
comment on column regraded_verdicts.old_verdict is 'Verdict as it is stored: correct, wrong or unknown.';
comment on column regraded_verdicts.old_grading_method is 'How that was reached, and version of the rules; null where that was not stored.';
comment on column regraded_verdicts.verdict is 'Verdict of the later rules.';
comment on column regraded_verdicts.grading_method is 'How that was reached, and version of the rules.';
comment on column regraded_verdicts.answer_batch_id is 'Batch that wrote the answer.';
comment on column regraded_verdicts.batch_id is 'Batch that wrote the row.';
comment on column regraded_verdicts.round is 'Round of the answer; 0 for imported trees and for the base.';

create table regrade_figures (
    figure varchar not null, n_stored bigint not null, n_lost bigint not null, n_gained bigint,
    batch_id varchar not null, round integer not null
);
comment on table regrade_figures is 'One row per figure of a round that regraded verdicts touch: what it is, and what would go and come.';
comment on column regrade_figures.figure is
'problems solved, SFT examples, step pairs, answer pairs, problems with right and wrong answers, or right answers of a split and method.';
comment on column regrade_figures.n_stored is 'What it is by the stored verdicts.';
comment on column regrade_figures.n_lost is 'Of these, those that would go.';
comment on column regrade_figures.n_gained is
'Those that would come, at most: a trajectory that counts as correct now would have to be executed again first; null where only annotating anew could tell.';
comment on column regrade_figures.batch_id is 'Batch that wrote the row.';
comment on column regrade_figures.round is 'Round whose answers were graded again.';
