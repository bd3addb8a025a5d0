-- One row per preference pair that breaks an expectation of the training-data gate
-- Parameters: $round: which round
with
round_nodes as (
    select tree_id, node_id, parent_id, problem_id
    from nodes
    where round = $round::integer
),
reasons as (
    select
        pairs.*,
        case
            when (pairs.chosen_q > pairs.rejected_q) is distinct from true then 'chosen_q is not above rejected_q'
            when (pairs.weight > 0 and pairs.weight <= 1) is distinct from true then 'weight is not in (0, 1]'
            when pairs.kind not in ('step', 'answer') then 'kind is unknown'
            when problems.split is distinct from 'train' then 'problem is not a training problem'
            when chosen.problem_id is distinct from pairs.problem_id then 'chosen node is missing or of another problem'
            when rejected.problem_id is distinct from pairs.problem_id then 'rejected node is missing or of another problem'
            when pairs.kind = 'answer' and pairs.prefix_node_id = 0 then null
            when pairs.chosen_tree_id <> pairs.rejected_tree_id then 'steps are of two trees'
            when chosen.parent_id is distinct from pairs.prefix_node_id then 'chosen node does not continue the prefix'
            when rejected.parent_id is distinct from pairs.prefix_node_id then 'rejected node does not continue the prefix'
        end as reason
    from preference_pairs as pairs
    left join problems on problems.problem_id = pairs.problem_id
    left join round_nodes as chosen
        on chosen.tree_id = pairs.chosen_tree_id and chosen.node_id = pairs.chosen_node_id
    left join round_nodes as rejected
        on rejected.tree_id = pairs.rejected_tree_id and rejected.node_id = pairs.rejected_node_id
    where pairs.round = $round::integer
),
final as (
    select
        reason, problem_id, kind, chosen_tree_id, chosen_node_id, rejected_tree_id, rejected_node_id, prefix_node_id,
        chosen_q, rejected_q, weight
    from reasons
    where reason is not null
)
select * from final
order by problem_id, chosen_tree_id, chosen_node_id, rejected_tree_id, rejected_node_id
