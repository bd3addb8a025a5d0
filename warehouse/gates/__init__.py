"""Data-quality gates: named sets of expectations that must hold before the next stage.

settings.py      thresholds, section [gates]
expectations.py  what an expectation is, without Great Expectations
suites.py        the expectations of the three gates
dialect.py       the SQLAlchemy dialect that lets Great Expectations read DuckDB
run.py           run a gate with Great Expectations
rows.py          the rows that broke an expectation
report.py        what a gate found, for people
"""
