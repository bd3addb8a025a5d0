-- One row per node whose counts, Q-value, PPM score, outcome, ending or verdict cannot be right
-- Parameters: $round: which round
with reasons as (
    select
        *,
        case
            when n_correct < 0 or n_wrong < 0 or n_visits < n_correct + n_wrong then 'visits do not add up'
            when q_value not between -1 and 1 then 'q_value outside [-1, 1]'
            when ppm_score not between -1 and 1 then 'ppm_score outside [-1, 1]'
            when outcome not in ('ok', 'error', 'timeout', 'out_of_memory', 'killed', 'not_run') then 'unknown outcome'
            when ending not in (
                'answer', 'no_answer', 'max_depth', 'too_many_errors', 'truncated', 'prompt_too_long', 'not_encodable',
                'unscored', 'deadline', 'cancelled'
            )
                then 'unknown ending'
            when verdict not in ('correct', 'wrong', 'unknown') then 'unknown verdict'
        end as reason
    from nodes
    where round = $round
),

final as (
    select
        reason, tree_id, node_id, problem_id, n_visits, n_correct, n_wrong, q_value, ppm_score, outcome, ending, verdict
    from reasons
    where reason is not null
    order by tree_id, node_id
)

select * from final
