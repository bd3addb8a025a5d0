-- One row per training example by rejection sampling: trajectories with a correct answer, as the policy samples them
-- Drawn like those of annotate_sft_unverified, with the probability that the policy proposes their steps; wrong answers are rejected,
-- and neither Q-values nor a verification have a say.
-- Parameters: $round: round that trains; $n_per_problem = 2: at most so many per problem; $first_round = 1: take the trees of this round and later
-- Into: sft_examples
with
candidates as (
    select problem_id, tree_id, trajectory_id, round as trajectory_round, mean_q, text_hash, node_ids
    from trajectories
    where round between $first_round::integer and $round::integer and verdict = 'correct'
),
shares as (
    select tree_id, node_id, n_merged / sum(n_merged) over (partition by tree_id, parent_id) as share
    from nodes
    where parent_id is not null and round between $first_round::integer and $round::integer
),
path_nodes as (
    select trajectory_id, tree_id, unnest(node_ids) as node_id from candidates
),
probabilities as (
    select path_nodes.trajectory_id, product(shares.share) as probability
    from path_nodes
    inner join shares on shares.tree_id = path_nodes.tree_id and shares.node_id = path_nodes.node_id
    group by path_nodes.trajectory_id
),
draws as (
    select
        candidates.*,
        -- As in annotate_sft_unverified: a weighted sample without replacement is the smallest of these.
        -ln((('0x' || left(md5(candidates.trajectory_id), 8))::bigint + 1) / 4294967297.0) / probabilities.probability as draw
    from candidates
    inner join probabilities on probabilities.trajectory_id = candidates.trajectory_id
),
-- The same solution found twice is one example.
distinct_texts as (
    select * from draws qualify row_number() over (partition by problem_id, text_hash order by draw, trajectory_id) = 1
),
final as (
    select
        problem_id,
        trajectory_id,
        trajectory_round,
        row_number() over (partition by problem_id order by draw, trajectory_id)::integer as rank,
        mean_q
    from distinct_texts
    qualify rank <= $n_per_problem::integer
)
select * from final
order by problem_id, rank
