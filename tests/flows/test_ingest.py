"""Ingestion: every row is accounted for, and test problems stay out of training."""

import json
from pathlib import Path

import pytest

from flows.data.benchmarks import known_benchmark
from flows.data.ingest import run_ingest
from flows.data.portion import Portion
from flows.data.preview import preview
from flows.data.screening import IngestOptions
from flows.display.progress import open_display
from flows.settings import Settings
from tasks.problems.options import ReadingOptions
from tasks.runtime.measure_plan import Selection
from warehouse.errors import BadInput
from warehouse.records import Batch, Problem, Split
from warehouse.store.lake import Warehouse

LONG = "Ana has three apples and Ben has four more apples than Ana so how many apples has"


def file_of(path: Path, *rows: tuple[str, str] | str) -> Path:
    lines = [row if isinstance(row, str) else json.dumps({"question": row[0], "answer": row[1]}) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def ingest(home: Path, path: Path, split: Split = "train") -> str:
    return run_ingest(Settings(), home, path, split, path.stem).line


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    path = file_of(
        tmp_path / "some.jsonl", ("one apple", "1"), ("one apple", "1"), "{broken", ("two apples", "2"), ("no answer", "")
    )
    report = run_ingest(Settings(), tmp_path / "home", path, "train", "some")
    assert (report.n_rows, report.n_new, report.n_duplicates, report.n_quarantined) == (5, 2, 1, 2)
    with Warehouse.open(tmp_path / "home", read_only=True) as lake:
        assert lake.query("select line_number from quarantine order by 1")["line_number"].to_list() == [3, 5]


def test_the_same_file_is_ingested_once(tmp_path: Path) -> None:
    path = file_of(tmp_path / "some.jsonl", ("one apple", "1"))
    ingest(tmp_path / "home", path)
    assert "ingested before" in ingest(tmp_path / "home", path)
    with Warehouse.open(tmp_path / "home", read_only=True) as lake:
        assert len(lake.problems("train")) == 1


def test_what_a_killed_run_had_not_recorded_is_recorded_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    path = file_of(tmp_path / "some.jsonl", (f"{LONG} Ben?", "7"), (f"{LONG} Ben then?", "7"), "{broken")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Warehouse, "commit", killed)
        run_ingest(Settings(), home, path, "train", "some", "MIT")
    for _ in range(2):
        assert run_ingest(Settings(), home, path, "train", "some", "MIT").already_there
    with Warehouse.open(home, read_only=True) as lake:
        assert lake.query("select licence, n_rows, n_problems from sources").rows() == [("MIT", 3, 2)]
        assert lake.query("select count(*) from near_duplicates").item() == 1
        assert (len(lake.problems("train")), lake.query("select count(*) from quarantine").item()) == (2, 1)


def test_a_training_problem_that_shares_words_with_a_test_problem_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ingest(home, file_of(tmp_path / "test.jsonl", (f"{LONG} Ben?", "7")), "test")
    line = ingest(home, file_of(tmp_path / "train.jsonl", (f"{LONG} he?", "7"), ("one apple", "1")))
    assert "1 train problems from 2 rows; 1 refused" in line
    with Warehouse.open(home, read_only=True) as lake:
        assert [problem.statement for problem in lake.problems("train")] == ["one apple"]
        assert "contaminated" in lake.query("select reason from quarantine").item()


def test_a_test_file_that_overlaps_with_training_problems_is_refused_whole(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ingest(home, file_of(tmp_path / "train.jsonl", (f"{LONG} he?", "7")))
    with pytest.raises(BadInput, match="1 problems that the lake trains on share 13 words"):
        ingest(home, file_of(tmp_path / "test.jsonl", (f"{LONG} Ben?", "7")), "test")
    with Warehouse.open(home, read_only=True) as lake:
        assert lake.problems("test") == []


@pytest.mark.parametrize("content", ["", "\n\n", "{broken\n", '{"question": "no answer"}\n'])
def test_a_file_without_problems_is_refused_and_leaves_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(content)
    with pytest.raises(BadInput, match=r"bad\.jsonl"):
        ingest(tmp_path / "home", path)
    with Warehouse.open(tmp_path / "home", read_only=True) as lake:
        assert lake.query("select count(*) as n from problems").item() == 0


def test_gsm8k_goes_in_whole_but_for_its_own_overlaps(tmp_path: Path, real_data: Path) -> None:
    home = tmp_path / "home"
    assert "1,319 test problems from 1,319 rows" in ingest(home, real_data / "gsm8k" / "test.jsonl", "test")
    report = run_ingest(Settings(), home, real_data / "gsm8k" / "train.jsonl", "train", "gsm8k")
    assert report.n_new + report.n_refused == 7_473
    assert report.n_refused < 20


def test_a_benchmark_does_not_change_what_rounds_are_measured_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    ingest(home, file_of(tmp_path / "test.jsonl", ("one apple", "1")), "test")
    benchmark = file_of(tmp_path / "bench.jsonl", ("one apple", "1"), ("two apples", "2"))
    batch_id = measure_on(home, benchmark)
    with Warehouse.open(home, read_only=True) as lake:
        assert statements(lake.problems("test")) == {"one apple", "two apples"}, "training problems may repeat neither"
        assert statements(lake.problems("test", held_out=True)) == {"one apple"}
        assert statements(Selection(name="test", split="test").problems(lake)) == {"one apple"}
        of_file = Selection(name="bench", split="test", benchmark_batch_id=batch_id)
        assert statements(of_file.problems(lake)) == {"one apple", "two apples"}


def test_problems_of_a_benchmark_can_be_made_test_problems(tmp_path: Path) -> None:
    home = tmp_path / "home"
    path = file_of(tmp_path / "bench.jsonl", ("one apple", "1"), ("two apples", "2"))
    measure_on(home, path)
    assert "2 test problems from 2 rows" in ingest(home, path, "test")
    with Warehouse.open(home, read_only=True) as lake:
        assert statements(lake.problems("test", held_out=True)) == {"one apple", "two apples"}
        assert len(lake.problems("test")) == 2


@pytest.mark.parametrize("benchmark_first", [True, False])
def test_a_file_is_counted_once_whether_it_is_a_benchmark_first_or_not(tmp_path: Path, *, benchmark_first: bool) -> None:
    home = tmp_path / "home"
    path = file_of(tmp_path / "bench.jsonl", ("one apple", "1"), "{broken", ("two apples", "2"))
    if benchmark_first:
        measure_on(home, path)
    run_ingest(Settings(), home, path, "test", "bench", "MIT")
    measure_on(home, path)
    with Warehouse.open(home, read_only=True) as lake:
        assert lake.query("select licence, n_rows, n_problems from sources").rows() == [("MIT", 3, 2)]
        assert lake.query("select line_number from quarantine").rows() == [(2,)]
        assert len(lake.problems("test", held_out=True)) == 2


def test_another_answer_than_a_benchmark_has_is_quarantined(tmp_path: Path) -> None:
    home = tmp_path / "home"
    measure_on(home, file_of(tmp_path / "bench.jsonl", ("one apple", "1"), ("two apples", "2")))
    ingest(home, file_of(tmp_path / "test.jsonl", ("one apple", "1"), ("two apples", "22")), "test")
    with Warehouse.open(home, read_only=True) as lake:
        assert statements(lake.problems("test", held_out=True)) == {"one apple"}
        assert {problem.answer for problem in lake.problems("test")} == {"1", "2"}
        assert "the answer '22' here" in lake.query("select reason from quarantine").item()


def test_an_import_takes_nothing_over(tmp_path: Path) -> None:
    home = tmp_path / "home"
    measure_on(home, file_of(tmp_path / "bench.jsonl", ("one apple", "1")))
    with Warehouse.open(home) as lake:
        assert lake.ingest(Batch(0, "ingest-import", "trees", "f"), lake.problems("test"), ()) == 0
        assert lake.problems("test", held_out=True) == []


def measure_on(home: Path, path: Path) -> str:
    with open_display() as display:
        return known_benchmark(Settings(), home, path, display)


def statements(problems: list[Problem]) -> set[str]:
    return {problem.statement for problem in problems}


def test_the_first_problems_of_a_file_are_taken_and_then_the_next(tmp_path: Path) -> None:
    home = tmp_path / "home"
    path = file_of(tmp_path / "some.jsonl", *((f"{n} apples", str(n)) for n in range(6)), "{broken")
    first = run_ingest(Settings(), home, path, "train", "some", options=portion(limit=2))
    assert (first.n_new, first.n_left, first.n_rows, first.n_quarantined) == (2, 4, 7, 1)
    assert run_ingest(Settings(), home, path, "train", "some", options=portion(limit=2)).already_there
    second = run_ingest(Settings(), home, path, "validation", "some", options=portion(limit=3))
    assert (second.n_new, second.n_known, second.n_left) == (3, 2, 1)
    with Warehouse.open(home, read_only=True) as lake:
        assert statements(lake.problems("train")) == {"0 apples", "1 apples"}
        assert statements(lake.problems("validation")) == {"2 apples", "3 apples", "4 apples"}
        assert lake.query("from quarantine").is_empty(), (
            "most rows of the file are left out, so a share of bad ones says nothing"
        )


def test_the_same_seed_takes_the_same_sample_whatever_the_order_of_the_file(tmp_path: Path) -> None:
    rows = [(f"{n} apples", str(n)) for n in range(40)]
    taken = []
    for name, ordered, seed in (("one", rows, 3), ("other", rows[::-1], 3), ("third", rows, 4)):
        path = file_of(tmp_path / f"{name}.jsonl", *ordered)
        assert run_ingest(Settings(), tmp_path / name, path, "train", name, options=portion(sample=10, seed=seed)).n_new == 10
        with Warehouse.open(tmp_path / name, read_only=True) as lake:
            taken.append(statements(lake.problems("train")))
    assert taken[0] == taken[1] != taken[2]


def test_a_limit_and_a_sample_contradict_each_other() -> None:
    with pytest.raises(BadInput, match="--limit and --sample both say how many"):
        portion(limit=1, sample=1)


def test_answers_that_the_grader_calls_equal_are_one_problem_and_others_are_quarantined_together(tmp_path: Path) -> None:
    home = tmp_path / "home"
    path = file_of(tmp_path / "some.jsonl", ("a half", "1/2"), ("a half", "0.5"), ("a third", "1/3"), ("a third", "0.4"))
    assert "1 train problems from 4 rows; 1 duplicates dropped; 2 quarantined" in ingest(home, path)
    with Warehouse.open(home, read_only=True) as lake:
        assert [problem.answer for problem in lake.problems("train")] == ["1/2"]
        reasons = lake.query("select reason from quarantine order by line_number")["reason"].to_list()
    assert reasons == [
        "the same question has the answer '1/3' here and '0.4' on line 4",
        "the same question has the answer '0.4' here and '1/3' on line 3",
    ]


def test_doubtful_rows_are_counted_by_name_and_taken_where_allowed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    path = file_of(tmp_path / "some.jsonl", ("one apple", "1"), ("two apples", "N/A"), ("Prove that 2 is prime.", "2"))
    assert "2 quarantined (1 placeholder, 1 proof: --allow takes them)" in ingest(home, path)
    options = IngestOptions(ReadingOptions(allow=frozenset({"proof"})))
    report = run_ingest(Settings(), home, path, "train", "some", options=options)
    assert (report.n_new, report.n_known, report.n_quarantined) == (1, 1, 1)
    with Warehouse.open(home, read_only=True) as lake:
        assert lake.query("select kind from problems where answer = '2'").item() == "proof"


def test_a_dry_run_shows_five_rows_as_they_would_be_stored_and_writes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    path = file_of(tmp_path / "some.jsonl", *((f"{n} apples", str(n)) for n in range(7)), "{broken")
    lines = preview(Settings(), home, path, "train", "some", IngestOptions())
    assert not home.exists()
    assert lines[0].endswith("fields found: question, answer; taken: question from question, answer from answer")
    assert lines[-2].startswith("line 8: invalid JSON")
    assert "7 train problems from 8 rows; 1 quarantined, not recorded" in lines[-1]
    ingest(home, path)
    with Warehouse.open(home, read_only=True) as lake:
        stored = {problem.problem_id: problem for problem in lake.problems("train")}
    shown = [Problem(**json.loads(line)) for line in lines[1:-2]]
    assert [problem.statement for problem in shown] == [f"{n} apples" for n in range(5)]
    assert all(stored[problem.problem_id] == problem for problem in shown)
    assert "7 already in the lake" in preview(Settings(), home, path, "train", "some", IngestOptions())[-1]


def test_a_folder_of_shards_is_known_by_what_its_files_hold(tmp_path: Path) -> None:
    home = tmp_path / "home"
    folder = tmp_path / "shards"
    folder.mkdir()
    file_of(folder / "a.jsonl", ("one apple", "1"))
    assert "1 train problems" in ingest(home, folder)
    assert "ingested before" in ingest(home, folder)
    file_of(folder / "b.jsonl", ("two apples", "2"))
    assert "1 train problems from 2 rows; 1 already in the lake" in ingest(home, folder)


def portion(**arguments: int) -> IngestOptions:
    return IngestOptions(portion=Portion(**arguments))
