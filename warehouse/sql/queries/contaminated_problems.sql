-- One row per training problem that shares so many words in a row with a test problem, or is one
-- Parameters: $n_gram = 13: words in a row; a problem with fewer is compared whole, operators included
with texts as (
    select
        problem_id,
        split,
        source,
        regexp_extract_all(lower(nfc_normalize(statement)), '[\p{L}\p{N}]+') as words,
        regexp_extract_all(lower(nfc_normalize(statement)), '[\p{L}\p{N}]+|[-+*/^=<>!%|]') as words_and_operators
    from problems
    where split in ('train', 'test')
),

grams as (
    select
        problem_id,
        split,
        source,
        unnest(case
            when length(words) < $n_gram::integer then [array_to_string(words_and_operators, ' ')]
            else list_transform(
                range(1, length(words) - $n_gram::integer + 2),
                lambda first: array_to_string(words[first : first + $n_gram::integer - 1], ' ')
            )
        end) as shared_words
    from texts
),

final as (
    select
        train.problem_id,
        any_value(train.source) as source,
        min(test.problem_id) as test_problem_id,
        min_by(test.source, test.problem_id) as test_source,
        min_by(test.shared_words, test.problem_id) as shared_words
    from grams as train
    inner join grams as test using (shared_words)
    where train.split = 'train' and test.split = 'test'
    group by train.problem_id
    order by train.problem_id
)

select * from final
