-- What comes from elsewhere is known by its source and licence, its labels are kept beside our own verdicts, and problems that
-- nearly repeat each other are on record.

create table sources (
    source varchar not null, split varchar not null, licence varchar, uri varchar not null, sha256 varchar not null,
    n_rows bigint not null, n_problems bigint not null, batch_id varchar not null, round integer not null
);
comment on table sources is 'One row per file or generator that problems, trees or solutions were read from.';
comment on column sources.source is 'Name that its problems carry.';
comment on column sources.split is 'Split that its problems were read for.';
comment on column sources.licence is 'Licence as the person who read it in stated it; null where nobody did.';
comment on column sources.uri is 'Where it was read.';
comment on column sources.sha256 is 'First 16 digits of the hash of its bytes, or of the settings of a generator.';
comment on column sources.n_rows is 'Rows it holds.';
comment on column sources.n_problems is 'Of these, problems that were new.';
comment on column sources.batch_id is 'Batch that wrote the row.';
comment on column sources.round is 'Round of that batch; 0 is before the first round.';

create table labels (
    trajectory_id varchar not null, problem_id varchar not null, author varchar not null, label varchar not null,
    verdict varchar not null, grading_method varchar not null, batch_id varchar not null, round integer not null
);
comment on table labels is 'One row per imported trajectory that came with a label of its own: that label beside our verdict.';
comment on column labels.trajectory_id is 'Trajectory that was imported.';
comment on column labels.problem_id is 'Problem of the trajectory.';
comment on column labels.author is 'Who solved: a model, or the search that grew the tree.';
comment on column labels.label is 'correct or wrong, as it came.';
comment on column labels.verdict is 'correct, wrong or unknown, as graded here.';
comment on column labels.grading_method is 'How the verdict was reached.';
comment on column labels.batch_id is 'Batch that wrote the row.';
comment on column labels.round is 'Round of that batch; 0 is before the first round.';

create table near_duplicates (
    problem_id varchar not null, near_problem_id varchar not null, similarity double not null,
    batch_id varchar not null, round integer not null
);
comment on table near_duplicates is 'One row per two problems whose statements are nearly the same, found with MinHash and then measured.';
comment on column near_duplicates.problem_id is 'The problem that came later, or the training problem where the other one is held out.';
comment on column near_duplicates.near_problem_id is 'The problem that it nearly repeats.';
comment on column near_duplicates.similarity is 'Shared runs of three words among all of both (Jaccard), in [0, 1].';
comment on column near_duplicates.batch_id is 'Batch that wrote the row.';
comment on column near_duplicates.round is 'Round of that batch; 0 is before the first round.';
