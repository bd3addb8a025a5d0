"""The ways that the annotation benchmark compares do the same work."""

from tests.benchmarks import annotation_ours as ours
from tests.benchmarks import annotation_scripts as scripts
from tests.benchmarks.annotation_plain import lean
from tests.benchmarks.annotation_trees import write_json

N_PROBLEMS = 40


def test_the_lake_and_plain_python_choose_as_many_rows(tmp_path):
    ours.ingest(tmp_path, N_PROBLEMS)
    ours.annotate(tmp_path)
    exported = ours.export(tmp_path)
    write_json(tmp_path, N_PROBLEMS)
    plain = lean(tmp_path)
    assert {name: plain[name] for name in exported} == exported
    assert min(exported.values()) > 0


def test_the_published_scripts_find_the_same_with_and_without_needless_look_ups(tmp_path):
    write_json(tmp_path, N_PROBLEMS)
    found = [scripts.solutions(tmp_path), scripts.examples(tmp_path), scripts.pairs(tmp_path), scripts.pair_examples(tmp_path)]
    assert all(min(figures.values()) > 0 for figures in found)
    assert [scripts.solutions_as_released(tmp_path), scripts.pairs_as_released(tmp_path)] == [found[0], found[2]]
