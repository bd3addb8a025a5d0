"""A path of a search tree is a conversation that Inspect Scout can read: code called, output observed, answer said."""

import json
from dataclasses import replace
from typing import Any

from tasks.interchange.transcripts import LeafFacts, TreeFacts, messages_of, transcripts_of
from tasks.search.format import prompt
from warehouse.records import Node

FACTS = TreeFacts(
    date="2026-11-30T12:00:00Z",
    round=1,
    tree_id="t1",
    problem_id="p1",
    source="gsm8k",
    level=None,
    split="train",
    reference_answer="7",
    policy_id="policy-1",
    ppm_id=None,
    batch_id="b1",
    fingerprint="f1",
    code_version="v1",
    flow_run_id=None,
    snapshot_id=5,
)


def node(node_id: int, parent_id: int | None, text: str, **facts: Any) -> Node:
    plain = Node(
        tree_id="t1",
        problem_id="p1",
        node_id=node_id,
        parent_id=parent_id,
        depth=0,
        text=text,
        n_tokens=10,
        n_merged=1,
        outcome="ok",
        stdout="",
        error=None,
        ending=None,
        answer=None,
        verdict=None,
        grading_method=None,
        n_visits=1,
        n_correct=0,
        n_wrong=0,
        ppm_score=None,
        q_value=0.5,
    )
    return replace(plain, **facts)


ROOT = node(0, None, prompt("How many?"), outcome="not_run", n_tokens=0)
FAILED = node(
    1,
    0,
    "\nx = 1/0\n<end_of_step>\n<output>ZeroDivisionError<end_of_output>",
    outcome="error",
    error="ZeroDivisionError",
)
QUIET = node(2, 1, "\nprint('hidden')\nx = 7\n<end_of_step>", stdout="hidden")
FINAL = node(
    3,
    2,
    "\nprint(x)\n<end_of_code>\n<output>hidden\n7<end_of_output>\n<answer>\\boxed{7}<end_of_answer>",
    stdout="7",
    ending="answer",
    answer="7",
    verdict="correct",
    grading_method="exact",
)
DEEP = node(4, 2, "\n# and on\n<end_of_step>", ending="max_depth")


UNKNOWN = LeafFacts()


def rows(*nodes: Node, facts: TreeFacts = FACTS, leaf: LeafFacts = UNKNOWN) -> list[dict[str, Any]]:
    return list(transcripts_of({one.node_id: one for one in nodes}, {one.node_id: leaf for one in nodes}, facts))


def test_a_path_is_told_as_code_that_is_called_and_output_that_is_observed() -> None:
    told: list[dict[str, Any]] = messages_of([ROOT, FAILED, QUIET, FINAL], "policy-1")
    assert [message["role"] for message in told] == ["user", *["assistant", "tool"] * 3, "assistant"]
    assert told[0]["content"] == "How many?"
    called = [message["tool_calls"][0]["arguments"]["code"] for message in told if "tool_calls" in message]
    assert called == ["x = 1/0", "print('hidden')\nx = 7", "print(x)"]
    observed = [message for message in told if message["role"] == "tool"]
    assert [message["content"] for message in observed] == ["ZeroDivisionError", "hidden", "hidden\n7"]
    assert [message["metadata"]["shown_to_policy"] for message in observed] == [True, False, True]
    assert told[-1]["content"] == "\\boxed{7}"


def test_each_output_belongs_to_the_call_before_it_and_ids_are_those_of_nodes() -> None:
    told: list[dict[str, Any]] = messages_of([ROOT, FAILED, QUIET, FINAL], None)
    calls = [message["tool_calls"][0]["id"] for message in told if "tool_calls" in message]
    assert calls == [message["tool_call_id"] for message in told if message["role"] == "tool"] == ["t1-1", "t1-2", "t1-3"]
    assert len({message["id"] for message in told}) == len(told)


def test_a_step_that_failed_is_an_error_of_the_tool() -> None:
    (failed,) = [message for message in messages_of([ROOT, FAILED, QUIET], None) if "error" in message]
    assert failed["error"] == {"type": "unknown", "message": "ZeroDivisionError"}
    (killed,) = [m for m in messages_of([ROOT, replace(QUIET, outcome="timeout")], None) if "error" in m]
    assert killed["error"] == {"type": "timeout", "message": "timeout"}


def test_a_solution_in_words_calls_nothing() -> None:
    words = node(1, 0, "\nEggs: 18", outcome="not_run")
    assert [(message["role"], message["content"]) for message in messages_of([ROOT, words], "author")] == [
        ("user", "How many?"),
        ("assistant", "Eggs: 18"),
    ]


def test_each_end_of_a_tree_is_a_transcript_also_without_an_answer() -> None:
    answered, cut = rows(ROOT, FAILED, QUIET, FINAL, DEEP)
    assert [row["transcript_id"] for row in (answered, cut)] == ["t1-3", "t1-4"]
    assert (answered["score"], answered["success"], answered["limit"], answered["total_tokens"]) == ("correct", True, None, 30)
    assert answered["score_explanation"] == "answer 7, reference answer 7: correct, by exact"
    assert (cut["score"], cut["success"], cut["limit"], cut["score_explanation"]) == (None, False, "max_depth", None)
    assert [row["message_count"] for row in (answered, cut)] == [len(json.loads(row["messages"])) for row in (answered, cut)]


def test_what_nobody_graded_is_neither_a_success_nor_a_failure() -> None:
    (unknown,) = rows(ROOT, FAILED, QUIET, replace(FINAL, verdict="unknown"))
    (given_up,) = rows(ROOT, FAILED, QUIET, replace(DEEP, ending="cancelled"))
    assert [row["success"] for row in (unknown, given_up)] == [None, None]


def test_what_a_path_failed_of_is_its_error() -> None:
    (row,) = rows(ROOT, replace(FAILED, ending="too_many_errors"))
    assert (row["error"], row["limit"], row["success"]) == ("ZeroDivisionError", None, False)


def test_ids_lead_back_to_the_lake() -> None:
    (row,) = rows(ROOT, FAILED, QUIET, FINAL)
    names = ("round", "tree_id", "node_id", "problem_id", "batch_id", "fingerprint", "snapshot_id", "policy_id")
    assert [row[name] for name in names] == [1, "t1", 3, "p1", "b1", "f1", 5, "policy-1"]
    assert (row["task_set"], row["task_id"], row["source_id"], row["model"]) == ("gsm8k", "p1", "f1", "policy-1")


def test_an_imported_solution_names_its_author_as_the_model() -> None:
    (row,) = rows(ROOT, FAILED, QUIET, FINAL, facts=replace(FACTS, policy_id=None), leaf=LeafFacts(author="small"))
    assert row["model"] == "small"
    assert json.loads(row["messages"])[1]["model"] == "small"
