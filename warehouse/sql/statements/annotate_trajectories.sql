-- One row per trajectory: a path from the root of a search tree to a terminal node with an answer
-- Parameters: $round: round that searched; $first_problem = null: only problems from this id on; $next_problem = null: only problems before this id; $shard = null: only trees of this rollout shard
-- Into: trajectories
with recursive
-- Read again each time: three scans of a few columns cost less than all nodes with their texts in memory.
searched as not materialized (
    select
        nodes.tree_id,
        nodes.problem_id,
        nodes.node_id,
        nodes.parent_id,
        nodes.text,
        nodes.ending,
        nodes.answer,
        nodes.verdict,
        nodes.ppm_score,
        -- A terminal node that no rollout chose has no visits; its grade is its value all the same.
        coalesce(nodes.q_value, case nodes.verdict when 'correct' then 1.0 when 'wrong' then -1.0 else 0.0 end) as q_value
    from nodes
    where
        nodes.round = $round::integer
        and ($first_problem::varchar is null or nodes.problem_id >= $first_problem::varchar)
        and ($next_problem::varchar is null or nodes.problem_id < $next_problem::varchar)
        and (
            $shard::varchar is null
            or nodes.batch_id in (
                select batches.batch_id
                from batches
                where batches.round = $round::integer and starts_with(batches.stage, 'rollout') and batches.shard = $shard::varchar
            )
        )
),
parents as (
    select tree_id, parent_id from searched where parent_id is not null
),
-- Of the nodes that have children alone: every other one would be carried through each step of the recursion for nothing.
inner_nodes as materialized (
    select searched.tree_id, searched.node_id, searched.parent_id, searched.text, searched.q_value
    from searched
    semi join parents on parents.tree_id = searched.tree_id and parents.parent_id = searched.node_id
),
paths as (
    select tree_id, node_id, [node_id] as node_ids, 0.0::double as q_sum, '' as text_hash
    from inner_nodes
    where parent_id is null
    union all
    select
        inner_nodes.tree_id,
        inner_nodes.node_id,
        list_append(paths.node_ids, inner_nodes.node_id),
        paths.q_sum + inner_nodes.q_value,
        md5(paths.text_hash || inner_nodes.text)
    from paths
    inner join inner_nodes on inner_nodes.tree_id = paths.tree_id and inner_nodes.parent_id = paths.node_id
),
final as (
    select
        leaves.tree_id || '-' || leaves.node_id as trajectory_id,
        leaves.tree_id,
        leaves.problem_id,
        leaves.node_id as leaf_node_id,
        list_append(paths.node_ids, leaves.node_id) as node_ids,
        len(paths.node_ids)::integer as n_steps,
        leaves.answer,
        leaves.verdict,
        (paths.q_sum + leaves.q_value) / len(paths.node_ids) as mean_q,
        leaves.ppm_score,
        md5(paths.text_hash || leaves.text) as text_hash
    from searched as leaves
    inner join paths on paths.tree_id = leaves.tree_id and paths.node_id = leaves.parent_id
    where leaves.ending = 'answer'
)
select * from final
order by problem_id, tree_id, leaf_node_id
