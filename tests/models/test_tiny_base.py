"""What the shipped base's model card claims: form and copying are right, operations systematically wrong where it is hard."""

import re
from collections.abc import Sequence

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from models.checkpoints.store import verify_checkpoint
from models.tiny import BASE
from tasks.domains.mathematics.student_work import variable
from tasks.domains.mathematics.virtual import generate_problems
from tasks.grading.reading.lexing.boxed import boxed_answer
from tasks.search.format import END_OF_ANSWER, END_OF_CODE, END_OF_STEP, code_of, observed, prompt
from warehouse.records import Problem

N_PER_LEVEL = 16


def test_the_shipped_base_is_whole_and_small() -> None:
    checkpoint = verify_checkpoint(BASE, "base")
    assert checkpoint.lineage.metrics["n_parameters"] < 1e6
    assert checkpoint.lineage.round is None
    assert checkpoint.lineage.snapshot_id is None


def test_its_tokenizer_reads_every_split_exactly() -> None:
    tokenizer = AutoTokenizer.from_pretrained(BASE)
    for split in ("train", "validation", "test"):
        for problem in generate_problems(split, 11, (20,) * 5):
            text = prompt(problem.statement) + observed(problem.answer)
            ids = tokenizer.encode(text)
            assert tokenizer.decode(ids, skip_special_tokens=False) == text
            assert tokenizer.unk_token_id not in ids


def greedy(prefixes: Sequence[str], stop: str, max_tokens: int) -> list[str]:
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(BASE, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(BASE).eval()
    encoded = tokenizer(list(prefixes), return_tensors="pt", padding=True)
    ends = [tokenizer.convert_tokens_to_ids(stop), tokenizer.eos_token_id]
    with torch.no_grad():
        written = model.generate(
            **encoded, do_sample=False, max_new_tokens=max_tokens, eos_token_id=ends, pad_token_id=tokenizer.pad_token_id
        )
    texts = tokenizer.batch_decode(written[:, encoded.input_ids.shape[1] :], skip_special_tokens=False)
    return [text.replace(tokenizer.pad_token, "") for text in texts]


def printed(solution: str) -> str | None:
    lines: list[str] = []
    names = {"__builtins__": {}, "print": lambda value: lines.append(str(value))}
    try:
        exec("\n".join(code_of(step) for step in solution.split(END_OF_STEP)), names)
    except (SyntaxError, NameError, ArithmeticError):
        return None
    return lines[-1] if lines else None


def has_form(problem: Problem, solution: str) -> bool:
    """Every sentence is copied in order, no line uses a holder but the one before, and the last is printed."""
    sentences = [f"{sentence}." for sentence in problem.statement.split(". ")[:-1]]
    steps = [code_of(step).splitlines() for step in solution.split(END_OF_STEP)]
    holders = [re.match(r"(\w+) = ", step[1]) if len(step) > 1 else None for step in steps]
    if [step[0] for step in steps] != [f"# {sentence}" for sentence in sentences] or None in holders:
        return False
    names = [holder[1] for holder in holders if holder]
    used = [set(re.findall(r"[a-z]+", step[1].partition(" = ")[2])) for step in steps]
    chained = not used[0] and all(found <= {before} for before, found in zip(names, used[1:], strict=False))
    asked = re.search(r"does (\w+) have", problem.statement)
    return chained and asked is not None and names[-1] == variable(asked[1]) and steps[-1][-1] == f"print({names[-1]})"


@pytest.mark.integration
def test_form_is_right_and_greedy_answers_to_long_chains_are_wrong() -> None:
    problems = generate_problems("validation", 12, (N_PER_LEVEL,) * 5)
    solutions = greedy([prompt(problem.statement) for problem in problems], END_OF_CODE, 224)
    with_form = [has_form(problem, solution) for problem, solution in zip(problems, solutions, strict=True)]
    assert sum(with_form) >= 0.95 * len(problems)
    right = dict.fromkeys(range(1, 6), 0)
    for problem, solution in zip(problems, solutions, strict=True):
        right[problem.level or 0] += printed(solution) == problem.answer
    assert right[1] > N_PER_LEVEL / 3
    assert right[4] + right[5] <= 0.2 * 2 * N_PER_LEVEL


@pytest.mark.integration
def test_what_was_printed_becomes_the_answer() -> None:
    problems = generate_problems("validation", 13, (4,) * 5)
    numbers = ["7", "42", "100", "905", "1204", "9999", "-3", "-128", "31415", "10"]
    work = greedy([prompt(problem.statement) for problem in problems], END_OF_CODE, 224)
    shown = [numbers[index % len(numbers)] for index in range(len(problems))]
    prefixes = [
        prompt(problem.statement) + solution + observed(number)
        for problem, solution, number in zip(problems, work, shown, strict=True)
    ]
    answers = [boxed_answer(text) for text in greedy(prefixes, END_OF_ANSWER, 16)]
    assert sum(answer == number for answer, number in zip(answers, shown, strict=True)) >= 18
