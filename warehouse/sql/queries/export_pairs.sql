-- One row per preference pair of the rounds up to this one, as text: prompt, chosen, rejected
-- Parameters: $round: round that trains; $first_round = 1: take the trees of this round and later
with recursive
pairs as materialized (
    select * from preference_pairs where round between $first_round::integer and $round::integer
),
trees as materialized (
    select round, chosen_tree_id as tree_id from pairs
    union
    select round, rejected_tree_id from pairs
),
tree_nodes as materialized (
    select nodes.round, nodes.tree_id, nodes.node_id, nodes.parent_id, nodes.text
    from nodes
    semi join trees on trees.round = nodes.round and trees.tree_id = nodes.tree_id
),
roots as (
    select round, tree_id, text as prompt from tree_nodes where parent_id is null
),
-- completion: everything between the prompt and the end of the node.
paths as (
    select round, tree_id, node_id, '' as completion from tree_nodes where parent_id is null
    union all
    select tree_nodes.round, tree_nodes.tree_id, tree_nodes.node_id, paths.completion || tree_nodes.text
    from paths
    inner join tree_nodes
        on tree_nodes.round = paths.round and tree_nodes.tree_id = paths.tree_id and tree_nodes.parent_id = paths.node_id
),
final as (
    select
        pairs.problem_id,
        pairs.kind,
        roots.prompt || prefixes.completion as prompt,
        -- A path begins with the path of its prefix, so what follows is the step, or the whole solution for answers.
        substring(chosen.completion, length(prefixes.completion) + 1) as chosen,
        substring(rejected.completion, length(prefixes.completion) + 1) as rejected,
        pairs.chosen_q,
        pairs.rejected_q,
        pairs.weight,
        pairs.round as tree_round,
        pairs.chosen_tree_id,
        pairs.chosen_node_id,
        pairs.rejected_tree_id,
        pairs.rejected_node_id
    from pairs
    inner join roots on roots.round = pairs.round and roots.tree_id = pairs.chosen_tree_id
    inner join paths as prefixes
        on prefixes.round = pairs.round and prefixes.tree_id = pairs.chosen_tree_id and prefixes.node_id = pairs.prefix_node_id
    inner join paths as chosen
        on chosen.round = pairs.round and chosen.tree_id = pairs.chosen_tree_id and chosen.node_id = pairs.chosen_node_id
    inner join paths as rejected
        on rejected.round = pairs.round and rejected.tree_id = pairs.rejected_tree_id and rejected.node_id = pairs.rejected_node_id
)
select * from final
order by tree_round, problem_id, chosen_tree_id, kind, chosen_node_id, rejected_tree_id, rejected_node_id
