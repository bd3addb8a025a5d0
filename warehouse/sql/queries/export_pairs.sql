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
    select nodes.tree_id, nodes.node_id, nodes.parent_id, nodes.text
    from nodes
    semi join trees on trees.round = nodes.round and trees.tree_id = nodes.tree_id
),
-- completion: everything between the prompt and the end of the node.
paths as (
    select tree_id, node_id, text as prompt, '' as completion from tree_nodes where parent_id is null
    union all
    select tree_nodes.tree_id, tree_nodes.node_id, paths.prompt, paths.completion || tree_nodes.text
    from paths
    inner join tree_nodes on tree_nodes.tree_id = paths.tree_id and tree_nodes.parent_id = paths.node_id
),
-- One key instead of two columns: the joins below cannot be taken apart into one on the tree alone.
keyed as materialized (
    select tree_id || '-' || node_id as key, prompt, completion from paths
),
keyed_pairs as (
    select
        *,
        chosen_tree_id || '-' || prefix_node_id as prefix_key,
        chosen_tree_id || '-' || chosen_node_id as chosen_key,
        rejected_tree_id || '-' || rejected_node_id as rejected_key
    from pairs
),
final as (
    select
        keyed_pairs.problem_id,
        keyed_pairs.kind,
        keyed_pairs.prefix_node_id,
        prefixes.prompt || prefixes.completion as prompt,
        -- A path begins with the path of its prefix, so what follows is the step, or the whole solution for answers.
        substring(chosen.completion, length(prefixes.completion) + 1) as chosen,
        substring(rejected.completion, length(prefixes.completion) + 1) as rejected,
        keyed_pairs.chosen_q,
        keyed_pairs.rejected_q,
        keyed_pairs.weight,
        keyed_pairs.round as tree_round,
        keyed_pairs.chosen_tree_id,
        keyed_pairs.chosen_node_id,
        keyed_pairs.rejected_tree_id,
        keyed_pairs.rejected_node_id
    from keyed_pairs
    inner join keyed as prefixes on prefixes.key = keyed_pairs.prefix_key
    inner join keyed as chosen on chosen.key = keyed_pairs.chosen_key
    inner join keyed as rejected on rejected.key = keyed_pairs.rejected_key
)
select * from final
order by tree_round, problem_id, chosen_tree_id, kind, chosen_node_id, rejected_tree_id, rejected_node_id
