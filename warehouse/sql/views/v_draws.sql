-- One row per trajectory: how probable it is that the policy writes it, and its place in a draw by that probability (smallest first)
-- A search visits unlikely branches more often than the policy would take them. The probability is the product, over the nodes of the
-- path, of the share that a node's identical candidates have of all candidates of its parent.
with
shares as (
    select round, tree_id, node_id, n_merged / sum(n_merged) over (partition by round, tree_id, parent_id) as share
    from nodes
    where parent_id is not null
),
path_nodes as (
    select round, tree_id, trajectory_id, unnest(node_ids) as node_id from trajectories
),
probabilities as (
    select path_nodes.round, path_nodes.trajectory_id, product(shares.share) as probability
    from path_nodes
    inner join shares
        on shares.round = path_nodes.round and shares.tree_id = path_nodes.tree_id and shares.node_id = path_nodes.node_id
    group by path_nodes.round, path_nodes.trajectory_id
),
final as (
    select
        round,
        trajectory_id,
        probability,
        -- Efraimidis and Spirakis: a weighted sample without replacement is the smallest of these. A hash of the id is random
        -- enough, and the same in every run.
        -ln((('0x' || left(md5(trajectory_id), 8))::bigint + 1) / 4294967297.0) / probability as draw
    from probabilities
)
select * from final
