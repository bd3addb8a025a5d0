-- One row per preference pair of the rounds up to this one, as text: prompt, chosen, rejected
-- Parameters: $round: round that trains; $first_round = 1: take the trees of this round and later; $set_aside = null: rounds to leave out, separated by commas; $first_problem = null: only problems from this id on; $next_problem = null: only problems before this id
-- Internal: stargrove export
with recursive
pairs as materialized (
    select *
    from preference_pairs
    where
        round between $first_round::integer and $round::integer
        and ($set_aside::varchar is null or not list_contains(string_split($set_aside::varchar, ','), round::varchar))
        and ($first_problem::varchar is null or problem_id >= $first_problem::varchar)
        and ($next_problem::varchar is null or problem_id < $next_problem::varchar)
),
found_trees as (
    select round, chosen_tree_id as tree_id from pairs
    union
    select round, rejected_tree_id from pairs
),
trees as materialized (
    select round, tree_id, (row_number() over ()) << 32 as tree_key from found_trees
),
-- One whole number for tree and node: it is joined faster than texts, and no join can be taken apart into one on the tree alone.
tree_nodes as materialized (
    select trees.tree_key + nodes.node_id as key, trees.tree_key + nodes.parent_id as parent_key, nodes.text
    from nodes
    inner join trees on trees.round = nodes.round and trees.tree_id = nodes.tree_id
    where
        ($first_problem::varchar is null or nodes.problem_id >= $first_problem::varchar)
        and ($next_problem::varchar is null or nodes.problem_id < $next_problem::varchar)
),
inner_nodes as materialized (
    select key, parent_key, text
    from tree_nodes
    semi join (select parent_key from tree_nodes) as parents on parents.parent_key = tree_nodes.key
),
-- Of the nodes that have children alone, a sixth of a tree. completion: everything between the prompt and the end of the node.
paths as (
    select key, text as prompt, '' as completion from inner_nodes where parent_key is null
    union all
    select inner_nodes.key, paths.prompt, paths.completion || inner_nodes.text
    from paths
    inner join inner_nodes on inner_nodes.parent_key = paths.key
),
keyed_pairs as materialized (
    select
        pairs.*,
        chosen_trees.tree_key + prefix_node_id as prefix_key,
        chosen_trees.tree_key + chosen_node_id as chosen_key,
        rejected_trees.tree_key + rejected_node_id as rejected_key
    from pairs
    inner join trees as chosen_trees on chosen_trees.tree_id = pairs.chosen_tree_id
    inner join trees as rejected_trees on rejected_trees.tree_id = pairs.rejected_tree_id
),
ends as materialized (
    select chosen_key as key from keyed_pairs
    union
    select rejected_key from keyed_pairs
),
end_texts as materialized (
    select key, parent_key, text
    from tree_nodes
    semi join ends on ends.key = tree_nodes.key
),
final as (
    select
        keyed_pairs.problem_id,
        keyed_pairs.kind,
        keyed_pairs.prefix_node_id,
        prefix.prompt || prefix.completion as prompt,
        -- What follows the prefix: one step, or the whole solution for answers.
        case kind when 'step' then chosen.text else chosen_prefix.completion || chosen.text end as chosen,
        case kind when 'step' then rejected.text else rejected_prefix.completion || rejected.text end as rejected,
        keyed_pairs.chosen_q,
        keyed_pairs.rejected_q,
        keyed_pairs.weight,
        keyed_pairs.round as tree_round,
        keyed_pairs.chosen_tree_id,
        keyed_pairs.chosen_node_id,
        keyed_pairs.rejected_tree_id,
        keyed_pairs.rejected_node_id
    from keyed_pairs
    inner join paths as prefix on prefix.key = keyed_pairs.prefix_key
    inner join end_texts as chosen on chosen.key = keyed_pairs.chosen_key
    inner join end_texts as rejected on rejected.key = keyed_pairs.rejected_key
    inner join paths as chosen_prefix on chosen_prefix.key = chosen.parent_key
    inner join paths as rejected_prefix on rejected_prefix.key = rejected.parent_key
)
select * from final
order by tree_round, problem_id, chosen_tree_id, kind, chosen_node_id, rejected_tree_id, rejected_node_id
