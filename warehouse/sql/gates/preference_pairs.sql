-- One row per preference pair of a round, with where its two nodes stand.
-- Parameters: $round: which round
with round_nodes as (
    select tree_id, node_id, parent_id, problem_id
    from nodes
    where round = $round
),

final as (
    select
        pairs.problem_id,
        pairs.kind,
        pairs.chosen_tree_id,
        pairs.chosen_node_id,
        pairs.rejected_tree_id,
        pairs.rejected_node_id,
        pairs.prefix_node_id,
        pairs.chosen_q,
        pairs.rejected_q,
        pairs.chosen_q - pairs.rejected_q as q_margin,
        pairs.weight,
        coalesce(problems.split, 'none') as split,
        case
            when chosen.problem_id is distinct from pairs.problem_id then 'chosen node is missing or of another problem'
            when rejected.problem_id is distinct from pairs.problem_id then 'rejected node is missing or of another problem'
            when pairs.kind = 'answer' and pairs.prefix_node_id = 0 then 'yes'
            when pairs.chosen_tree_id <> pairs.rejected_tree_id then 'steps are of two trees'
            when chosen.parent_id is distinct from pairs.prefix_node_id then 'chosen node does not continue the prefix'
            when rejected.parent_id is distinct from pairs.prefix_node_id then 'rejected node does not continue the prefix'
            else 'yes'
        end as shares_prefix
    from preference_pairs as pairs
    left join problems using (problem_id)
    left join round_nodes as chosen
        on pairs.chosen_tree_id = chosen.tree_id and pairs.chosen_node_id = chosen.node_id
    left join round_nodes as rejected
        on pairs.rejected_tree_id = rejected.tree_id and pairs.rejected_node_id = rejected.node_id
    where pairs.round = $round
)

select * from final
