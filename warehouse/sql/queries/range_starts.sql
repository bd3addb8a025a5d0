-- One row per range of training problems, in the order of their ids: the first problem of the range
-- Parameters: $size = 4000: problems of a range
-- Internal: whatever goes range by range
select problem_id
from problems
where split = 'train'
qualify (row_number() over (order by problem_id) - 1) % $size::integer = 0
order by problem_id
