-- One row per round: figures of its training data.
-- Parameters: $round: which round
with examples as (
    select count(*) as n_sft_examples from sft_examples where round = $round
),

pairs as (
    select count(*) as n_preference_pairs from preference_pairs where round = $round
),

replays as (
    select coalesce(avg((verification = 'replay_differs')::integer), 0) as replay_differs_share
    from verifications
    where round = $round
),

final as (
    select * from examples cross join pairs cross join replays
)

select * from final
