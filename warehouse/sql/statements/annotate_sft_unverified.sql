-- One row per training example of the control: as many trajectories as annotate_sft selects, as the policy samples them, right or wrong
-- A search visits unlikely branches more often than the policy would take them. So each trajectory is drawn with the probability that
-- the policy proposes its steps: the product, over its nodes, of the share that a node's identical candidates have of all candidates
-- of its parent.
-- Parameters: $round: round that trains; $n_per_problem = 2: of annotate_sft; $first_round = 1: take the trees of this round and later
-- Into: sft_examples
with
verified as (
    select trajectory_id
    from verifications
    where round <= $round::integer
    group by trajectory_id
    having max_by(verification, round) = 'verified'
),
candidates as (
    select
        trajectories.problem_id,
        trajectories.trajectory_id,
        trajectories.round as trajectory_round,
        trajectories.mean_q,
        trajectories.text_hash,
        verified.trajectory_id is not null as is_verified
    from trajectories
    left join verified on verified.trajectory_id = trajectories.trajectory_id
    where trajectories.round between $first_round::integer and $round::integer
),
wanted_per_problem as (
    select problem_id, least(count(distinct text_hash), $n_per_problem::integer) as n_wanted
    from candidates
    where is_verified
    group by problem_id
),
wanted as (
    select coalesce(sum(n_wanted), 0) as n_wanted from wanted_per_problem
),
shares as (
    select tree_id, node_id, n_merged / sum(n_merged) over (partition by tree_id, parent_id) as share
    from nodes
    where parent_id is not null and round between $first_round::integer and $round::integer
),
path_nodes as (
    select trajectory_id, tree_id, unnest(node_ids) as node_id
    from trajectories
    where round between $first_round::integer and $round::integer
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
        -- Efraimidis and Spirakis: a weighted sample without replacement is the smallest of these. A hash of the id is random
        -- enough, and the same in every run.
        -ln((('0x' || left(md5(candidates.trajectory_id), 8))::bigint + 1) / 4294967297.0) / probabilities.probability as draw
    from candidates
    inner join probabilities on probabilities.trajectory_id = candidates.trajectory_id
),
chosen as (
    select problem_id, trajectory_id, trajectory_round, mean_q
    from draws
    qualify row_number() over (partition by problem_id order by draw, trajectory_id) <= $n_per_problem::integer
    order by draw, trajectory_id
    limit (select n_wanted from wanted)
),
final as (
    select
        problem_id,
        trajectory_id,
        trajectory_round,
        row_number() over (partition by problem_id order by md5(trajectory_id), trajectory_id)::integer as rank,
        mean_q
    from chosen
)
select * from final
order by problem_id, rank
