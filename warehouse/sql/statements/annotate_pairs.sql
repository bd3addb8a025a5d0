-- One row per preference pair: two steps after the same prefix, or the answers of two trajectories of one problem
-- Parameters: $round: round that searched; $n_chosen = 2: best per prefix; $n_rejected = 2: worst per prefix; $min_margin = 0: least difference of Q-values; $rejected_steps = executed: executed, whose code ran without failing, or all; $first_problem = null: only problems from this id on; $next_problem = null: only problems before this id
-- Into: preference_pairs
with
refuted as (
    select trajectory_id
    from verifications
    where
        ($first_problem::varchar is null or problem_id >= $first_problem::varchar)
        and ($next_problem::varchar is null or problem_id < $next_problem::varchar)
    group by trajectory_id
    having max_by(verification, round) <> 'verified'
),
-- A graded answer counts whether or not a rollout reached it: what a step leads to is what the trajectories through it end in.
led_to as (
    select
        tree_id,
        node_id,
        count(*) filter (where verdict = 'correct') as n_right_answers,
        count(*) filter (where verdict = 'wrong') as n_wrong_answers
    from (
        select tree_id, verdict, unnest(node_ids) as node_id
        from trajectories
        where
            round = $round::integer
            and ($first_problem::varchar is null or problem_id >= $first_problem::varchar)
            and ($next_problem::varchar is null or problem_id < $next_problem::varchar)
    )
    group by tree_id, node_id
),
steps as (
    select
        nodes.problem_id,
        nodes.tree_id,
        nodes.node_id,
        nodes.parent_id,
        nodes.outcome,
        -- As in annotate_trajectories.
        coalesce(nodes.q_value, case nodes.verdict when 'correct' then 1.0 when 'wrong' then -1.0 else 0.0 end) as q_value,
        coalesce(led_to.n_right_answers, 0) > 0 as leads_to_right,
        -- Rollouts may end wrong without an answer.
        coalesce(led_to.n_wrong_answers, 0) > 0 or nodes.n_wrong > 0 as leads_to_wrong
    from nodes
    left join led_to on led_to.tree_id = nodes.tree_id and led_to.node_id = nodes.node_id
    where
        nodes.round = $round::integer
        and ($first_problem::varchar is null or nodes.problem_id >= $first_problem::varchar)
        and ($next_problem::varchar is null or nodes.problem_id < $next_problem::varchar)
        and nodes.parent_id is not null
        -- Final steps are candidates like any other; the answer pairs below compare them across prefixes as well.
        and (nodes.ending is distinct from 'answer' or nodes.tree_id || '-' || nodes.node_id not in (from refuted))
),
step_chosen as (
    select *
    from steps
    where leads_to_right
    qualify row_number() over (partition by tree_id, parent_id order by q_value desc, node_id) <= $n_chosen::integer
),
step_rejected as (
    select *
    from steps
    where leads_to_wrong and not leads_to_right and ($rejected_steps::varchar = 'all' or outcome = 'ok')
    qualify row_number() over (partition by tree_id, parent_id order by q_value, node_id) <= $n_rejected::integer
),
step_pairs as (
    select
        chosen.problem_id,
        'step' as kind,
        chosen.tree_id as chosen_tree_id,
        chosen.node_id as chosen_node_id,
        rejected.tree_id as rejected_tree_id,
        rejected.node_id as rejected_node_id,
        chosen.parent_id as prefix_node_id,
        chosen.q_value as chosen_q,
        rejected.q_value as rejected_q
    from step_chosen as chosen
    inner join step_rejected as rejected
        on rejected.tree_id = chosen.tree_id and rejected.parent_id = chosen.parent_id
),
answers as (
    select problem_id, tree_id, trajectory_id, leaf_node_id, mean_q, verdict
    from trajectories
    anti join refuted on refuted.trajectory_id = trajectories.trajectory_id
    where
        round = $round::integer
        and ($first_problem::varchar is null or problem_id >= $first_problem::varchar)
        and ($next_problem::varchar is null or problem_id < $next_problem::varchar)
    -- The same solution found twice is one trajectory here.
    qualify row_number() over (partition by problem_id, text_hash order by mean_q desc, trajectory_id) = 1
),
answer_chosen as (
    select *
    from answers
    where verdict = 'correct'
    qualify row_number() over (partition by problem_id order by mean_q desc, trajectory_id) <= $n_chosen::integer
),
answer_rejected as (
    select *
    from answers
    where verdict = 'wrong'
    qualify row_number() over (partition by problem_id order by mean_q, trajectory_id) <= $n_rejected::integer
),
answer_pairs as (
    select
        chosen.problem_id,
        'answer' as kind,
        chosen.tree_id as chosen_tree_id,
        chosen.leaf_node_id as chosen_node_id,
        rejected.tree_id as rejected_tree_id,
        rejected.leaf_node_id as rejected_node_id,
        0 as prefix_node_id,
        chosen.mean_q as chosen_q,
        rejected.mean_q as rejected_q
    from answer_chosen as chosen
    inner join answer_rejected as rejected on rejected.problem_id = chosen.problem_id
),
pairs as (
    from step_pairs
    union all
    from answer_pairs
),
kept as (
    select * from pairs where chosen_q > rejected_q and chosen_q - rejected_q >= $min_margin::double
),
final as (
    select
        *,
        -- Each prefix counts once, however many pairs it gives.
        1.0 / count(*) over (
            partition by problem_id, kind, prefix_node_id, case kind when 'step' then chosen_tree_id end
        ) as weight
    from kept
)
select * from final
order by problem_id, chosen_tree_id, kind, prefix_node_id, chosen_node_id, rejected_tree_id, rejected_node_id
