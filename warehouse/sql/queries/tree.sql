-- One row per node of a search tree, in order of creation: its step, what came of it, its figures, and what it is used for
-- Parameters: $tree_id: which tree
with
uses as (
    select chosen_node_id as node_id, 1 as n_chosen, 0 as n_rejected from preference_pairs where chosen_tree_id = $tree_id::varchar
    union all
    select rejected_node_id, 0, 1 from preference_pairs where rejected_tree_id = $tree_id::varchar
),
pairs as (
    select node_id, sum(n_chosen)::bigint as n_chosen, sum(n_rejected)::bigint as n_rejected from uses group by node_id
),
replayed as (
    select trajectory_id, max_by(verification, round) as verification
    from verifications
    where starts_with(trajectory_id, $tree_id::varchar || '-')
    group by trajectory_id
),
trained as (
    select trajectory_id, list(distinct round order by round) as sft_rounds
    from sft_examples
    where starts_with(trajectory_id, $tree_id::varchar || '-')
    group by trajectory_id
),
final as (
    select
        nodes.node_id,
        nodes.parent_id,
        nodes.depth,
        nodes.n_visits,
        nodes.n_correct,
        nodes.n_wrong,
        nodes.q_value,
        nodes.ppm_score,
        nodes.outcome,
        nodes.ending,
        nodes.verdict,
        nodes.answer,
        replayed.verification,
        coalesce(pairs.n_chosen, 0) as n_chosen,
        coalesce(pairs.n_rejected, 0) as n_rejected,
        coalesce(trained.sft_rounds, []) as sft_rounds,
        nodes.n_merged,
        nodes.n_tokens,
        nodes.text,
        nodes.stdout,
        nodes.error
    from nodes
    left join pairs on pairs.node_id = nodes.node_id
    left join replayed on replayed.trajectory_id = nodes.tree_id || '-' || nodes.node_id
    left join trained on trained.trajectory_id = nodes.tree_id || '-' || nodes.node_id
    where nodes.tree_id = $tree_id::varchar
)
select * from final
order by node_id
