-- One row per figure of a round that regraded verdicts touch: what it is by the stored verdicts, what would go, what would come at most
-- Parameters: $round: round of the answers; $answers: of each change the answer; $references: the reference answer; $before: the stored verdict; $after: the verdict now; $n_per_problem: SFT examples of a problem at most
-- Into: regrade_figures
with
changes as (
    select
        unnest($answers::varchar[]) as answer,
        unnest($references::varchar[]) as reference_answer,
        unnest($before::varchar[]) as before,
        unnest($after::varchar[]) as after
),
-- Every answer of the round's trees, with the verdict that is stored and the one of today.
paths as materialized (
    select
        trajectories.trajectory_id,
        trajectories.tree_id,
        trajectories.problem_id,
        trajectories.leaf_node_id,
        trajectories.node_ids,
        trajectories.text_hash,
        trajectories.verdict as before,
        coalesce(changes.after, trajectories.verdict) as after
    from trajectories
    inner join problems on problems.problem_id = trajectories.problem_id
    left join changes
        on
            changes.answer = trajectories.answer
            and changes.reference_answer = problems.answer
            and changes.before = trajectories.verdict
    where trajectories.round = $round::integer
),
no_longer_right as (
    select trajectory_id from paths where before = 'correct' and after <> 'correct'
),
newly_right as (
    select problem_id, trajectory_id, text_hash from paths where before <> 'correct' and after = 'correct'
),
verified as (
    select problem_id, trajectory_id from verifications where round = $round::integer and verification = 'verified'
),
still_verified as (
    select verified.problem_id from verified anti join no_longer_right on no_longer_right.trajectory_id = verified.trajectory_id
),
solved as (
    select
        'problems solved' as figure,
        (select count(distinct problem_id) from verified) as n_stored,
        (select count(distinct problem_id) from verified where problem_id not in (from still_verified)) as n_lost,
        (select count(distinct problem_id) from newly_right where problem_id not in (select problem_id from verified)) as n_gained
),
examples as (
    select
        sft_examples.problem_id,
        sft_examples.round,
        no_longer_right.trajectory_id is not null as is_lost
    from sft_examples
    left join no_longer_right on no_longer_right.trajectory_id = sft_examples.trajectory_id
    -- Trees of a round train later ones as well.
    where sft_examples.trajectory_round = $round::integer
),
kept_examples as (
    select problem_id, count(*) as n_kept
    from sft_examples
    where round = $round::integer and trajectory_id not in (from no_longer_right)
    group by problem_id
),
new_examples as (
    select
        newly_right.problem_id,
        least(
            count(distinct newly_right.text_hash),
            greatest($n_per_problem::integer - any_value(coalesce(kept_examples.n_kept, 0)), 0)
        ) as n_new
    from newly_right
    left join kept_examples on kept_examples.problem_id = newly_right.problem_id
    group by newly_right.problem_id
),
sft as (
    select
        'SFT examples' as figure,
        (select count(*) from examples) as n_stored,
        (select count(*) from examples where is_lost) as n_lost,
        (select coalesce(sum(n_new), 0)::bigint from new_examples) as n_gained
),
-- Trees without a change need not be looked at step by step.
changed_trees as (
    select distinct tree_id from paths where before <> after
),
led_to as (
    select
        tree_id,
        node_id,
        count(*) filter (where after = 'correct') as n_right,
        count(*) filter (where before = 'wrong') as n_wrong_before,
        count(*) filter (where after = 'wrong') as n_wrong
    from (
        select paths.tree_id, paths.before, paths.after, unnest(paths.node_ids) as node_id
        from paths
        semi join changed_trees on changed_trees.tree_id = paths.tree_id
    )
    group by tree_id, node_id
),
step_pairs as (
    select
        'step pairs' as figure,
        count(*) as n_stored,
        count(*) filter (
            where chosen.n_right = 0 or rejected.n_right > 0 or (rejected.n_wrong_before > 0 and rejected.n_wrong = 0)
        ) as n_lost,
        null::bigint as n_gained
    from preference_pairs
    left join led_to as chosen on chosen.tree_id = preference_pairs.chosen_tree_id and chosen.node_id = preference_pairs.chosen_node_id
    left join led_to as rejected
        on rejected.tree_id = preference_pairs.rejected_tree_id and rejected.node_id = preference_pairs.rejected_node_id
    where preference_pairs.round = $round::integer and preference_pairs.kind = 'step'
),
answer_pairs as (
    select
        'answer pairs' as figure,
        count(*) as n_stored,
        count(*) filter (where chosen.after <> 'correct' or rejected.after <> 'wrong') as n_lost,
        null::bigint as n_gained
    from preference_pairs
    left join paths as chosen
        on chosen.tree_id = preference_pairs.chosen_tree_id and chosen.leaf_node_id = preference_pairs.chosen_node_id
    left join paths as rejected
        on rejected.tree_id = preference_pairs.rejected_tree_id and rejected.leaf_node_id = preference_pairs.rejected_node_id
    where preference_pairs.round = $round::integer and preference_pairs.kind = 'answer'
),
by_problem as (
    select
        problem_id,
        bool_or(before = 'correct') and bool_or(before = 'wrong') as was_mixed,
        bool_or(after = 'correct') and bool_or(after = 'wrong') as is_mixed
    from paths
    group by problem_id
),
mixed as (
    select
        'problems with right and wrong answers' as figure,
        count(*) filter (where was_mixed) as n_stored,
        count(*) filter (where was_mixed and not is_mixed) as n_lost,
        count(*) filter (where is_mixed and not was_mixed) as n_gained
    from by_problem
),
answers as (
    select
        evaluation_answers.split,
        evaluation_answers.method,
        evaluation_answers.verdict as before,
        coalesce(changes.after, evaluation_answers.verdict) as after
    from evaluation_answers
    inner join problems on problems.problem_id = evaluation_answers.problem_id
    left join changes
        on
            changes.answer = evaluation_answers.answer
            and changes.reference_answer = problems.answer
            and changes.before = evaluation_answers.verdict
    where evaluation_answers.round = $round::integer
),
held_out as (
    select
        'right answers, ' || split || ' ' || method as figure,
        count(*) filter (where before = 'correct') as n_stored,
        count(*) filter (where before = 'correct' and after <> 'correct') as n_lost,
        count(*) filter (where before <> 'correct' and after = 'correct') as n_gained
    from answers
    group by split, method
),
final as (
    from solved
    union all
    from sft
    union all
    from step_pairs
    union all
    from answer_pairs
    union all
    from mixed
    union all
    from held_out
)
select * from final
order by figure
