-- One row per problem that decontamination refused: which held-out problem it repeats, and by which words
select
    source,
    regexp_extract(reason, 'test problem (\w+) of', 1) as test_problem_id,
    regexp_extract(reason, 'test problem \w+ of (.*)$', 1) as test_source,
    case when starts_with(reason, 'contaminated: equals') then 'exact' else 'n-gram' end as match,
    nullif(regexp_extract(reason, '^contaminated: shares ''(.*)'' with test problem', 1), '') as shared_words,
    raw as statement
from quarantine
where starts_with(reason, 'contaminated')
order by source, test_source, test_problem_id, statement
