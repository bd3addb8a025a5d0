-- One row per round and fact about it: what searched and was trained, how much was found, learned and spent; what two rounds are compared by
with
described as (
    select
        round,
        unnest([
            {what: 'status', text_value: status}, {what: 'settings fingerprint', text_value: fingerprint},
            {what: 'code version', text_value: code_version}, {what: 'searched by policy', text_value: policy_id},
            {what: 'searched by PPM', text_value: ppm_id}, {what: 'trained policy', text_value: candidate_policy_id},
            {what: 'trained PPM', text_value: candidate_ppm_id}, {what: 'snapshot', text_value: snapshot_id::varchar}
        ]) as fact
    from rounds
),
searched as (
    select
        round,
        unnest([
            {what: 'problems searched', number: count(*)::double}, {what: 'trees', number: sum(n_trees)::double},
            {what: 'rollouts', number: sum(n_rollouts)::double}, {what: 'distinct endings', number: sum(n_endings)::double},
            {what: 'distinct endings that are right', number: sum(n_right_endings) / nullif(sum(n_endings), 0)}, {what: 'problems solved', number: count(*) filter (where is_solved)::double},
            {what: 'easy problems', number: count(*) filter (where difficulty = 'easy')::double},
            {what: 'medium problems', number: count(*) filter (where difficulty = 'medium')::double},
            {what: 'hard problems', number: count(*) filter (where difficulty = 'hard')::double}
        ]) as fact
    from v_searched
    group by round
),
steps as (
    select
        round,
        unnest([
            {what: 'nodes', number: count(*)::double}, {what: 'mean depth of a terminal node', number: avg(depth) filter (where ending is not null)},
            {what: 'share of steps whose code failed',
                number: count(*) filter (where outcome not in ('ok', 'not_run')) / nullif(count(*) filter (where outcome <> 'not_run'), 0)}
        ]) as fact
    from nodes
    group by round
),
sft as (
    select
        round,
        unnest([
            {what: 'SFT examples', number: count(*)::double}, {what: 'problems with SFT examples', number: count(distinct problem_id)::double},
            {what: 'mean Q-value of SFT examples', number: avg(mean_q)}
        ]) as fact
    from sft_examples
    group by round
),
pairs as (
    select
        round,
        unnest([
            {what: 'step pairs', number: count(*) filter (where kind = 'step')::double},
            {what: 'answer pairs', number: count(*) filter (where kind = 'answer')::double},
            {what: 'mean margin of pairs', number: avg(chosen_q - rejected_q)}
        ]) as fact
    from preference_pairs
    group by round
),
calibration as (
    select round, 'mean |bias| of Q-values' as what, sum(n_trajectories * abs(observed_reward - mean_q)) / sum(n_trajectories) as number
    from v_q_calibration
    group by round
    union all
    select round, 'mean |bias| of PPM scores, ' || used_in, sum(n_scores * abs(bias)) / sum(n_scores)
    from v_ppm_calibration
    group by round, used_in
),
expectations as (
    select round, gate || ' gate: expectations that failed' as what, count(*) filter (where not passed)::double as number
    from gate_results
    group by round, gate
),
final as (
    select round, 'round' as section, fact.what as what, fact.text_value as text_value, null::double as number from described
    union all
    select round, 'search', fact.what, null, fact.number from searched
    union all
    select round, 'search', fact.what, null, fact.number from steps
    union all
    select round, 'coverage', coalesce('level ' || level, 'all levels'), null, coverage from v_coverage where is_all_levels or level is not null
    union all
    select round, 'coverage', 'so far', null, coverage_so_far from v_coverage where is_all_levels
    union all
    select round, 'training data', fact.what, null, fact.number from sft
    union all
    select round, 'training data', fact.what, null, fact.number from pairs
    union all
    select round, 'calibration', what, null, number from calibration
    union all
    select round, 'accuracy', split || ' ' || metric, null, value from evaluations where level is null and benchmark is null
    union all
    select round, 'gates', what, null, number from expectations
    union all
    select round, 'seconds', stage, null, wall_seconds from v_stage_costs where wall_seconds > 0
    union all
    select round, 'tokens', stage, null, n_tokens from v_stage_costs where n_tokens > 0
)
select * from final
