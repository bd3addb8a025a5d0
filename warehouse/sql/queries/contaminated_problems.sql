-- One row per training problem that equals a test problem, or shares so many words in a row with one
-- Parameters: $n_gram = 13: words in a row; a problem with fewer is only compared whole, operators included
with texts as (
    select
        problem_id,
        split,
        source,
        regexp_extract_all(lower(nfc_normalize(statement)), '[\p{L}\p{N}]+') as words,
        array_to_string(regexp_extract_all(lower(nfc_normalize(statement)), '[\p{L}\p{N}]+|[-+*/^=<>!%|]'), ' ') as whole
    from problems
    where split in ('train', 'test')
),

grams as (
    select
        problem_id,
        split,
        source,
        unnest(list_transform(
            range(1, length(words) - $n_gram::integer + 2),
            lambda first: array_to_string(words[first : first + $n_gram::integer - 1], ' ')
        )) as shared_words
    from texts
),

matches as (
    select
        train.problem_id, train.source, test.problem_id as test_problem_id, test.source as test_source,
        'exact' as match, null as shared_words
    from texts as train
    inner join texts as test on test.whole = train.whole
    where train.split = 'train' and test.split = 'test'
    union all
    select train.problem_id, train.source, test.problem_id, test.source, 'n-gram', train.shared_words
    from grams as train
    inner join grams as test on test.shared_words = train.shared_words
    where train.split = 'train' and test.split = 'test'
),

final as (
    select
        problem_id,
        any_value(source) as source,
        -- Exact comes before n-gram, so that an equal problem is called equal.
        min_by(test_problem_id, (match, test_problem_id)) as test_problem_id,
        min_by(test_source, (match, test_problem_id)) as test_source,
        min(match) as match,
        min_by(shared_words, (match, test_problem_id, shared_words)) as shared_words
    from matches
    group by problem_id
    order by problem_id
)

select * from final
