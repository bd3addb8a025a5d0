-- One row per input row that could not become a problem
select source, line_number, reason, raw
from quarantine
order by source, line_number
